/// Builds the tree from events, and rejects YAML features that a configuration should not use.
struct YAMLComposer: ~Copyable {
    private var events: EventReader
    private let limits: YAML.Limits

    init(events: consuming EventReader, limits: YAML.Limits) {
        self.events = events
        self.limits = limits
    }

    /// Reads a stream of one document.
    mutating func document() throws(YAMLError) -> YAMLNode {
        _ = try self.events.next()  // the stream's start
        let start = try self.events.next()
        if case .streamEnd = start.kind { return YAMLNode(.scalar("", isPlain: true), line: 1, column: 1) }
        let root = try self.node(try self.events.next(), depth: 1)
        _ = try self.events.next()  // the document's end
        let next = try self.events.next()
        guard case .streamEnd = next.kind else {
            throw Self.unsupported("a second document begins here; one file holds one document", at: next)
        }
        return root
    }

    private mutating func node(_ event: Event, depth: Int) throws(YAMLError) -> YAMLNode {
        if let anchor = event.anchor {
            throw Self.unsupported(
                "anchors (&\(anchor)) are not supported; write the value where it is needed", at: event)
        }
        if let tag = event.tag {
            throw Self.unsupported("tags (\(tag)) are not supported; remove it", at: event)
        }
        switch event.kind {
        case .scalar(let text, let isPlain):
            return YAMLNode(.scalar(text, isPlain: isPlain), line: event.line, column: event.column)
        case .sequenceStart:
            return YAMLNode(.sequence(try self.items(of: event, depth: depth)), line: event.line, column: event.column)
        case .mappingStart:
            return YAMLNode(.mapping(try self.entries(of: event, depth: depth)), line: event.line, column: event.column)
        case .alias(let name):
            throw Self.unsupported("aliases (*\(name)) are not supported; write the value out", at: event)
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw YAMLError(code: .syntax, message: "a value is expected here", line: event.line, column: event.column)
        }
    }

    private mutating func items(of start: Event, depth: Int) throws(YAMLError) -> [YAMLNode] {
        try self.checkDepth(depth, at: start)
        var items: [YAMLNode] = []
        while true {
            let event = try self.events.next()
            if case .sequenceEnd = event.kind { return items }
            items.append(try self.node(event, depth: depth + 1))
        }
    }

    private mutating func entries(of start: Event, depth: Int) throws(YAMLError) -> [YAMLNode.Entry] {
        try self.checkDepth(depth, at: start)
        var entries: [YAMLNode.Entry] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try self.events.next()
            if case .mappingEnd = event.kind { return entries }
            let key = try self.node(event, depth: depth + 1)
            guard case .scalar(let name, _) = key.content else {
                throw Self.unsupported("a key must be a string", at: event)
            }
            if let line = lines.updateValue(key.line, forKey: name) {
                throw YAMLError(
                    code: .duplicateKey, message: "the key '\(name)' is already on line \(line)",
                    line: key.line, column: key.column)
            }
            let value = try self.node(try self.events.next(), depth: depth + 1)
            entries.append(YAMLNode.Entry(key: name, keyLine: key.line, keyColumn: key.column, value: value))
        }
    }

    private func checkDepth(_ depth: Int, at event: Event) throws(YAMLError) {
        guard depth <= self.limits.depth else {
            throw YAMLError(
                code: .tooLarge, message: "lists and mappings are nested deeper than \(self.limits.depth)",
                line: event.line, column: event.column)
        }
    }

    private static func unsupported(_ message: String, at event: Event) -> YAMLError {
        YAMLError(code: .unsupported, message: message, line: event.line, column: event.column)
    }
}
