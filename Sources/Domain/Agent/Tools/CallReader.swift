internal import JSON
package import Models
internal import Primitives

/// Reads a model's calls. Mends what has one meaning only; refuses the rest with a text from which the model can mend
/// its call. Pure.
package struct CallReader: Sendable {
    private let tools: [ToolDefinition]

    /// - Parameter tools: What the model sees.
    package init(tools: [ToolDefinition]) { self.tools = tools }

    /// - Parameter id: The id under which the turn records the call.
    @Sendable package func read(_ call: ToolCall, as id: String) -> CallReading {
        let name = call.name.trimming()
        guard let tool = self.tools.first(where: { $0.name == name }) else {
            return Self.failed(call, self.unknown(name))
        }
        let size = call.arguments.utf8.count
        guard size <= ToolLimits.argumentBytes else {
            return Self.failed(
                call,
                "The arguments have \(size) bytes, the limit is \(ToolLimits.argumentBytes). Nothing ran. Send smaller "
                    + "pieces: write a first part, then add to it with edit.")
        }
        do {
            let value = try Self.parse(call.arguments)
            guard let origin = tool.origin, tool.kind == .extension else {
                return .call(
                    CheckedCall(id: id, tool: tool, arguments: try SchemaCheck.fit(value, to: tool.parameters)))
            }
            guard size <= ToolLimits.extensionBytes else {
                return Self.failed(
                    call, "The arguments have \(size) bytes, the limit is \(ToolLimits.extensionBytes). Nothing ran.")
            }
            try SchemaCheck.verify(value, against: origin.schema)
            return .call(CheckedCall(id: id, tool: tool, arguments: value))
        } catch let error as JSONError {
            return Self.failed(call, Self.text(of: error, size: size))
        } catch let mismatch as SchemaCheck.Mismatch {
            return Self.failed(call, "The arguments of \(name) do not fit. \(mismatch.text). Nothing ran.")
        } catch {
            return Self.failed(call, "\(error)")
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
        let shown = VisibleText.of(name.beginning(bytes: 60))
        guard !names.isEmpty else { return "There is no tool \(shown): no tools can be called here." }
        let meant = nearest(to: name, among: names).map { " Did you mean \($0)?" } ?? ""
        return "There is no tool \(shown).\(meant) The tools are: \(names.joined(separator: ", ")). Nothing ran."
    }

    private static func failed(_ call: ToolCall, _ text: String) -> CallReading {
        let name = VisibleText.of(call.name.beginning(bytes: 60))
        return .failed(ToolResult(.failed, text: text, summary: "\(name): wrong call"))
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
