internal import JSON
package import Models
internal import Primitives

/// Reads a model's calls, for one turn. Mends what has one meaning only; refuses the rest with a text from which the
/// model can mend its call. Pure.
package struct CallReader: Sendable {
    /// What became of one call.
    package enum Reading: Sendable, Equatable {
        case call(CheckedCall)
        /// Nothing runs: the id under which the result belongs into the history, the name that the model wrote, and
        /// the result.
        case failed(id: String, name: String, ToolResult)

        package var id: String {
            switch self {
            case .call(let call): call.id
            case .failed(let id, _, _): id
            }
        }
    }

    private let tools: [ToolDefinition]
    private var used: Set<String>
    private var count = 0

    /// - Parameters:
    ///   - tools: What the model sees.
    ///   - used: Ids of earlier calls of the turn.
    package init(tools: [ToolDefinition], used: Set<String> = []) {
        self.tools = tools
        self.used = used
    }

    /// The calls of one answer, in their order. A call's ``Reading/id`` differs from what the model wrote if that is
    /// missing or used already: put it into the history instead.
    package mutating func read(_ calls: [ToolCall]) -> [Reading] { calls.map { self.read($0) } }

    package mutating func read(_ call: ToolCall) -> Reading {
        let id = self.unique(call.id)
        let name = call.name.trimming()
        guard let tool = self.tools.first(where: { $0.name == name }) else {
            return self.failed(id, call, self.unknown(name))
        }
        let size = call.arguments.utf8.count
        guard size <= ToolLimits.argumentBytes else {
            return self.failed(
                id, call,
                "The arguments have \(size) bytes, the limit is \(ToolLimits.argumentBytes). Nothing ran. Send smaller "
                    + "pieces: write a first part, then add to it with edit.")
        }
        do {
            let value = try Self.parse(call.arguments)
            return .call(CheckedCall(id: id, tool: tool, arguments: try SchemaCheck.fit(value, to: tool.parameters)))
        } catch let error as JSONError {
            return self.failed(id, call, Self.text(of: error, size: size))
        } catch let mismatch as SchemaCheck.Mismatch {
            return self.failed(id, call, "The arguments of \(name) do not fit. \(mismatch.text). Nothing ran.")
        } catch {
            return self.failed(id, call, "\(error)")
        }
    }

    // MARK: Ids

    private mutating func unique(_ id: String) -> String {
        let isUsable = !id.isEmpty && id.utf8.count <= 200
        if isUsable, self.used.insert(id).inserted { return id }
        while true {
            self.count += 1
            let made = isUsable ? "\(id)_\(self.count)" : "call_\(self.count)"
            if self.used.insert(made).inserted { return made }
        }
    }

    // MARK: Arguments

    private static func parse(_ arguments: String) throws(JSONError) -> JSON {
        let text = Self.unfenced(arguments.trimming())
        if text.isEmpty { return [:] }
        let value = try JSON.parse(text)
        switch value {
        case .null: return [:]
        // One double encoding. A string that is no object is refused by the schema.
        case .string(let inner):
            let inner = Self.unfenced(inner.trimming())
            if inner.isEmpty { return [:] }
            return (try? JSON.parse(inner)) ?? value
        default: return value
        }
    }

    /// The text inside a Markdown code fence around the whole.
    private static func unfenced(_ text: String) -> String {
        guard text.hasPrefix("```"), text.hasSuffix("```"), text.utf8.count >= 6 else { return text }
        let inner = text.dropFirst(3).dropLast(3)
        guard let brace = inner.firstIndex(where: { "{[\"".contains($0) }) else { return inner.trimming() }
        // Only a language's name may precede it.
        guard inner[..<brace].allSatisfy({ $0.isLetter || $0.isWhitespace }) else { return text }
        return inner[brace...].trimming()
    }

    private static func text(of error: JSONError, size: Int) -> String {
        // Closing the brackets would run half a command.
        if error.code == .incomplete {
            return "The arguments ended after \(size) bytes, nothing ran. They were cut off: send smaller pieces."
        }
        return "The arguments are \(error). Nothing ran. Send one JSON object."
    }

    // MARK: Failures

    private func unknown(_ name: String) -> String {
        let names = self.tools.map(\.name)
        let shown = VisibleText.of(String(name.prefix(60)))
        guard !names.isEmpty else { return "There is no tool \(shown): no tools can be called here." }
        let meant = nearest(to: name, among: names).map { " Did you mean \($0)?" } ?? ""
        return "There is no tool \(shown).\(meant) The tools are: \(names.joined(separator: ", ")). Nothing ran."
    }

    private func failed(_ id: String, _ call: ToolCall, _ text: String) -> Reading {
        let name = VisibleText.of(String(call.name.prefix(60)))
        return .failed(id: id, name: name, ToolResult(.failed, text: text, summary: "\(name): wrong call"))
    }
}

extension StringProtocol {
    /// Without blanks and line breaks around it.
    func trimming() -> String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
