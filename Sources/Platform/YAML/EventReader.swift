internal import CYAML
internal import Glibc

/// A parser event of libyaml, as a value.
struct Event {
    enum Kind {
        case streamStart, streamEnd
        case documentStart, documentEnd
        case sequenceStart, sequenceEnd
        case mappingStart, mappingEnd
        case scalar(String, isPlain: Bool)
        case alias(String)
    }

    let kind: Kind
    /// `&name` before the node.
    let anchor: String?
    /// `!name` before the node.
    let tag: String?
    let line: Int
    let column: Int
}

/// Reads events one by one from libyaml's parser.
@safe struct EventReader: ~Copyable {
    /// libyaml keeps pointers into this structure, so it must not move.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeBufferPointer<UInt8>

    /// `text` must outlive the reader.
    init(_ text: UnsafeBufferPointer<UInt8>) throws(YAMLError) {
        // libyaml accepts a byte order mark only if it may guess the encoding, and then it would also accept UTF-16.
        let hasMark = unsafe text.starts(with: [0xEF, 0xBB, 0xBF])
        let text = unsafe UnsafeBufferPointer(rebasing: text.dropFirst(hasMark ? 3 : 0))
        unsafe self.text = text
        unsafe self.parser = .allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(self.parser) == 1 else {
            unsafe self.parser.deallocate()
            throw YAMLError(code: .tooLarge, message: "out of memory for the parser", line: 1, column: 1)
        }
        unsafe yaml_parser_set_encoding(self.parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(self.parser, text.baseAddress, text.count)
    }

    deinit {
        unsafe yaml_parser_delete(self.parser)
        unsafe self.parser.deallocate()
    }

    mutating func next() throws(YAMLError) -> Event {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(self.parser, &event) == 1 else { throw self.error() }
        defer { unsafe yaml_event_delete(&event) }
        return unsafe Self.value(of: event)
    }

    private static func value(of event: yaml_event_t) -> Event {
        var anchor: UnsafeMutablePointer<UInt8>?
        var tag: UnsafeMutablePointer<UInt8>?
        let kind: Event.Kind
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_SEQUENCE_START_EVENT:
            unsafe (anchor, tag) = (event.data.sequence_start.anchor, event.data.sequence_start.tag)
            kind = .sequenceStart
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            unsafe (anchor, tag) = (event.data.mapping_start.anchor, event.data.mapping_start.tag)
            kind = .mappingStart
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            unsafe (anchor, tag) = (scalar.anchor, scalar.tag)
            let text = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            kind = unsafe .scalar(
                String(decoding: text, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
        case YAML_ALIAS_EVENT: kind = unsafe .alias(Self.string(event.data.alias.anchor) ?? "")
        default: kind = .streamEnd
        }
        return unsafe Event(
            kind: kind, anchor: Self.string(anchor), tag: Self.string(tag),
            line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
    }

    private static func string(_ text: UnsafeMutablePointer<UInt8>?) -> String? {
        guard let text = unsafe text else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: text, count: strlen(text)), as: UTF8.self)
    }

    // MARK: Errors

    private func error() -> YAMLError {
        let problem = unsafe self.parser.pointee.problem.map { unsafe String(cString: $0) } ?? "it cannot be read"
        switch unsafe self.parser.pointee.error {
        case YAML_READER_ERROR:
            let place = self.place(ofByte: unsafe Int(self.parser.pointee.problem_offset))
            return YAMLError(
                code: .syntax, message: SyntaxProblem.readerMessage(problem), line: place.line, column: place.column)
        case YAML_MEMORY_ERROR:
            return YAMLError(code: .tooLarge, message: "out of memory for the document", line: 1, column: 1)
        default:
            let mark = unsafe self.parser.pointee.problem_mark
            let (line, column) = (Int(mark.line), Int(mark.column))
            return YAMLError(
                code: .syntax, message: SyntaxProblem(problem, line: self.line(line), column: column).message,
                line: line + 1, column: column + 1)
        }
    }

    /// The bytes of a line, counted from 0; empty if there is no such line.
    private func line(_ number: Int) -> [UInt8] {
        var start = 0
        for _ in 0..<number {
            guard let end = unsafe self.text[start...].firstIndex(of: UInt8(ascii: "\n")) else { return [] }
            start = end + 1
        }
        return unsafe Array(self.text[start...].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    }

    private func place(ofByte offset: Int) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for byte in unsafe Array(self.text.prefix(offset)) {
            if byte == UInt8(ascii: "\n") {
                (line, column) = (line + 1, 1)
            } else if byte & 0xC0 != 0x80 {  // not a continuation byte
                column += 1
            }
        }
        return (line, column)
    }
}
