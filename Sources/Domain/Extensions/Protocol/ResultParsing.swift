internal import Crypto
internal import JSON
internal import Primitives

/// Reads what a server answered to a call, for a prompt or for a resource.
enum ResultParsing {
    private static let partLimit = 1_000

    /// The answer to `tools/call`. Servers put the same into text and `structuredContent`, so the latter is shown only
    /// where no content is.
    static func call(_ answer: JSON) -> ExtensionResult? {
        let content = answer["content"] ?? []
        guard case .array(let blocks) = content else { return nil }
        var parts = Self.parts(blocks)
        if parts.isEmpty, let structured = answer["structuredContent"], !structured.isNull {
            parts = [.text(structured.text)]
        }
        return ExtensionResult(parts, isError: answer["isError"]?.boolValue ?? false)
    }

    /// The answer to `prompts/get`: the contents of all its messages.
    static func prompt(_ answer: JSON) -> ExtensionResult? {
        guard let messages = answer["messages"]?.arrayValue else { return nil }
        return ExtensionResult(
            Self.parts(
                messages.prefix(Self.partLimit).flatMap { message in
                    message["content"].map { $0.arrayValue ?? [$0] } ?? []
                }))
    }

    /// The answer to `resources/read`.
    static func resource(_ answer: JSON) -> ExtensionResult? {
        guard let contents = answer["contents"]?.arrayValue else { return nil }
        return ExtensionResult(contents.prefix(Self.partLimit).map(Self.embedded))
    }

    private static func parts(_ blocks: [JSON]) -> [ExtensionResult.Part] {
        blocks.prefix(Self.partLimit).map(Self.part)
    }

    private static func part(_ block: JSON) -> ExtensionResult.Part {
        let kind = block["type"]?.stringValue ?? ""
        switch kind {
        case "text": return .text(block["text"]?.stringValue ?? "")
        case "image":
            return Self.decoded(block["data"], of: "an image") { .image($0, type: Self.type(block)) }
        case "audio":
            return Self.decoded(block["data"], of: "a sound") { .data($0, type: Self.type(block), name: "audio") }
        case "resource": return Self.embedded(block["resource"] ?? .null)
        case "resource_link":
            let uri = block["uri"]?.stringValue ?? ""
            return .link(uri: uri, name: block["name"]?.stringValue ?? uri)
        default: return Self.note("content of the unknown type \(VisibleText.line(kind.beginning(bytes: 40)))")
        }
    }

    private static func embedded(_ resource: JSON) -> ExtensionResult.Part {
        if let text = resource["text"]?.stringValue { return .text(text) }
        let type = Self.type(resource)
        let name = (resource["uri"]?.stringValue ?? "").split(separator: "/").last.map { String($0) } ?? "file"
        return Self.decoded(resource["blob"], of: "a file") {
            type.hasPrefix("image/") ? .image($0, type: type) : .data($0, type: type, name: name)
        }
    }

    private static func type(_ block: JSON) -> String {
        block["mimeType"]?.stringValue?.beginning(bytes: 200) ?? "application/octet-stream"
    }

    private static func decoded(
        _ text: JSON?, of what: String, _ part: ([UInt8]) -> ExtensionResult.Part
    ) -> ExtensionResult.Part {
        text?.stringValue.flatMap { Crypto.decodeBase64($0) }.map(part) ?? Self.note("\(what) that cannot be decoded")
    }

    private static func note(_ what: String) -> ExtensionResult.Part { .text("[\(what) was left out]") }
}
