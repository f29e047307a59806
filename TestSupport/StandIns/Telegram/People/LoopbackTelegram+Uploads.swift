internal import JSON

/// Files from people.
extension LoopbackTelegram {
    /// A file that a person sends.
    package struct Item: Sendable {
        var kind: String
        var name: String?
        var type: String?
        var bytes: [UInt8]
        var size: Int?

        /// - Parameter size: the announced size, for large files that should not occupy memory.
        package static func document(
            _ name: String?, _ bytes: [UInt8], type: String? = nil, size: Int? = nil
        ) -> Item { Item(kind: "document", name: name, type: type, bytes: bytes, size: size) }

        package static func photo(_ bytes: [UInt8]) -> Item { Item(kind: "photo", bytes: bytes) }

        package static func voice(_ bytes: [UInt8]) -> Item {
            Item(kind: "voice", type: "audio/ogg", bytes: bytes)
        }
    }

    /// A person sends a file.
    ///
    /// - Returns: the message's id.
    @discardableResult
    package func upload(
        _ item: Item, caption: String = "", as person: Int64, in chat: Int64, topic: Int? = nil, replyTo: Int? = nil
    ) -> Int {
        self.upload([item], captions: [caption], group: nil, person, chat, topic, replyTo)[0]
    }

    /// A person sends several files at once: one message each, the caption on the first.
    @discardableResult
    package func uploadAlbum(
        _ items: [Item], caption: String = "", as person: Int64, in chat: Int64, topic: Int? = nil,
        replyTo: Int? = nil
    ) -> [Int] {
        let group = self.change { state, _ in "13\(2_000_000_000 + state.number())" }
        let captions = [caption] + Array(repeating: "", count: max(0, items.count - 1))
        return self.upload(items, captions: captions, group: group, person, chat, topic, replyTo)
    }

    private func upload(
        _ items: [Item], captions: [String], group: String?, _ person: Int64, _ chat: Int64, _ topic: Int?,
        _ replyTo: Int?
    ) -> [Int] {
        zip(items, captions).map { item, caption in
            self.change { state, now in
                var words = TelegramState.Words(text: caption)
                words.media = state.media(item)
                words.group = group
                words.topic = topic
                words.replyTo = replyTo
                return state.say(words, as: person, in: chat, now: now) ?? 0
            }
        }
    }
}

extension TelegramState {
    fileprivate mutating func media(_ item: LoopbackTelegram.Item) -> JSONObject {
        if item.kind == "photo" { return ["photo": self.photo(item.bytes)] }
        let file = self.files.add(
            item.bytes, folder: "\(item.kind)s", ending: Self.ending(item.name ?? ""), number: self.number(),
            size: item.size)
        return [item.kind: Self.fileJSON(item.kind, file, name: item.name, type: item.type)]
    }
}
