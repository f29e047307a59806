internal import JSON

extension SlackState {
    static let markdownLimit = 12_000
    static let truncation = 40_000
    /// In bytes. Slack publishes no limit; metadata should hold only ids.
    static let metadataLimit = 2_048

    /// Reads and checks the content of a post or an edit.
    mutating func content(_ call: SlackCall, textLimit: Int?) throws(SlackRefusal) -> SlackContent {
        var content = SlackContent()
        content.text = call.text("text")
        content.markdown = call.text("markdown_text")
        let blocks = try call.nested("blocks", refusal: "invalid_blocks_format")
        let attachments = try call.nested("attachments", refusal: "invalid_attachments")
        if content.markdown != nil, content.text != nil || blocks != nil {
            throw SlackRefusal("markdown_text_conflict")
        }
        if let text = content.text {
            if let textLimit, text.utf16.count > textLimit { throw SlackRefusal("msg_too_long") }
            content.text = Self.truncated(text)
        }
        if let markdown = content.markdown, markdown.utf16.count > Self.markdownLimit {
            throw SlackRefusal("msg_too_long")
        }
        if let blocks {
            content.blocks = try SlackBlockCheck.checked(blocks).map { self.withBlockID($0) }
        }
        if let attachments {
            guard let list = attachments.arrayValue else { throw SlackRefusal("invalid_attachments") }
            guard list.count <= 100 else { throw SlackRefusal("too_many_attachments") }
            content.attachments = list
        }
        content.metadata = try self.metadata(call)
        return content
    }

    func metadata(_ call: SlackCall) throws(SlackRefusal) -> JSON? {
        guard let metadata = try call.nested("metadata", refusal: "invalid_metadata_format") else { return nil }
        guard metadata["event_type"]?.stringValue?.isEmpty == false, metadata["event_payload"]?.objectValue != nil
        else { throw SlackRefusal("invalid_metadata_format") }
        guard metadata.bytes.count <= Self.metadataLimit else { throw SlackRefusal("metadata_too_large") }
        return metadata
    }

    private static func truncated(_ text: String) -> String {
        guard text.utf16.count > Self.truncation else { return text }
        return String(decoding: Array(text.utf16.prefix(Self.truncation)), as: UTF16.self)
    }

    private mutating func withBlockID(_ block: JSON) -> JSON {
        guard var object = block.objectValue else { return block }
        if object["block_id"] == nil || object["type"] == "markdown" {
            object["block_id"] = .string(self.identifier("b"))
        }
        return .object(object)
    }
}
