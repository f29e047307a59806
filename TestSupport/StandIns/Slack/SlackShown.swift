package import JSON

extension LoopbackSlack {
    /// A message as a channel shows it.
    package struct Shown: Sendable {
        /// The source of its content.
        package enum Source: String, Sendable { case text, blocks, markdown }

        package struct Button: Sendable, Hashable {
            package let label: String
            package let actionID: String
            package let blockID: String
            package let value: String
            package let style: String?
        }

        package let ts: String
        package let thread: String?
        package let user: String
        package let isFromBot: Bool
        package let subtype: String?
        /// The `text` field; with blocks it appears only in notifications.
        package let text: String
        package let blocks: [JSON]
        package let source: Source
        /// The visible text: of the blocks, else the Markdown or the text.
        package let content: String
        package let buttons: [Button]
        /// The reactions' names and who added them.
        package let reactions: [String: [String]]
        package let files: [String]
        package let metadata: JSON?
        /// A stream that is being written.
        package let isStreaming: Bool
        /// A stream that ended early and was not completed by an update.
        package let isUnfinished: Bool
        /// The number of times its content was replaced or extended.
        package let updates: Int
        /// The only person who sees it.
        package let onlyFor: String?
        package let isUnfurling: Bool

        init(_ message: SlackMessage) {
            self.ts = message.ts
            self.thread = message.threadTS
            self.user = message.user
            self.isFromBot = message.botID == SlackState.botID
            self.subtype = message.subtype
            self.text = message.text
            self.blocks = message.blocks
            let isPerson = message.botID == nil
            let texts = message.blocks.compactMap { Self.text(of: $0) }
            if let markdown = message.markdown {
                self.source = .markdown
                self.content = ([markdown] + texts).joined(separator: "\n\n")
            } else if !isPerson, !message.blocks.isEmpty {
                self.source = .blocks
                self.content = texts.joined(separator: "\n\n")
            } else {
                self.source = .text
                self.content = message.text
            }
            self.buttons = message.blocks.flatMap { Self.buttons(in: $0) }
            self.reactions = Dictionary(uniqueKeysWithValues: message.reactions.map { ($0.name, $0.users) })
            self.files = message.files
            self.metadata = message.metadata
            self.isStreaming = message.isStreaming
            self.isUnfinished = message.stream?.end != nil
            self.updates = message.updates
            self.onlyFor = message.onlyFor
            self.isUnfurling = message.isUnfurling
        }

        private static func text(of block: JSON) -> String? {
            switch block["type"]?.stringValue {
            case "markdown": block["text"]?.stringValue
            case "section", "header":
                ([block["text"]].compactMap { $0 } + (block["fields"]?.arrayValue ?? []))
                    .compactMap { $0["text"]?.stringValue }.joined(separator: "\n")
            case "context":
                block["elements"]?.arrayValue?.compactMap { $0["text"]?.stringValue.map(Self.withoutDates) }
                    .joined(separator: " ")
            case "rich_text": Self.richText(block)
            default: nil
            }
        }

        /// `<!date^UNIX^FORMAT|TEXT>` as a client without dates shows it.
        private static func withoutDates(_ text: String) -> String {
            text.replacing(#/<!date\^[^|>]*\|([^>]*)>/#) { $0.output.1 }
        }

        private static func richText(_ value: JSON) -> String {
            if let text = value["text"]?.stringValue { return text }
            let parts = (value["elements"]?.arrayValue ?? []).map { Self.richText($0) }
            return parts.joined(separator: value["type"]?.stringValue == "rich_text" ? "\n" : "")
        }

        private static func buttons(in block: JSON) -> [Button] {
            let elements = (block["elements"]?.arrayValue ?? []) + [block["accessory"]].compactMap { $0 }
            return elements.filter { $0["type"] == "button" }.map {
                Button(
                    label: $0["text"]?["text"]?.stringValue ?? "", actionID: $0["action_id"]?.stringValue ?? "",
                    blockID: block["block_id"]?.stringValue ?? "", value: $0["value"]?.stringValue ?? "",
                    style: $0["style"]?.stringValue)
            }
        }
    }
}
