internal import Chat
internal import JSON

/// Operations as calls.
extension TelegramSession {
    private static let captionLimit = 1_024
    /// What bots can fetch.
    private static let downloadLimit = 20 << 20
    private static let uploadTimeout: Int64 = 300_000
    /// What follows waits for what is shown before it, but not for long.
    private static let draftTimeout: Int64 = 5_000

    func call(_ operation: inout TelegramOperation, chat: Int64) -> TelegramOperation.Step {
        switch operation.kind {
        case .post(let message): self.post(message, &operation, chat)
        case .edit(let reference, let message): self.edit(reference, message, &operation, chat)
        case .delete(let reference): self.delete(reference, chat)
        case .draft(let message): self.draft(message, operation, chat)
        case .upload(let file): self.upload(file, operation, chat)
        case .react(let emoji, let isOn, let reference): self.react(emoji, isOn, reference, chat)
        case .locate(let attachment): self.locate(attachment)
        }
    }

    private static func empty() -> TelegramOperation.Step {
        .failed(AdapterError(.invalid, "A message without text cannot be sent"))
    }

    private static func unknown(_ reference: MessageReference) -> TelegramOperation.Step {
        .failed(AdapterError(.notFound, "\(reference.id) is no message of Telegram's"))
    }

    /// The text with its entities: never markup, of which one mistake would refuse the whole message.
    private func content(_ markup: TelegramMarkup, _ operation: TelegramOperation) -> JSONObject {
        var parameters: JSONObject = [
            "text": .string(markup.text), "link_preview_options": ["is_disabled": true],
        ]
        if !markup.entities.isEmpty, !operation.withoutEntities {
            parameters["entities"] = .array(markup.entities.map(\.json))
        }
        return parameters
    }

    /// The topic, only where it is one: the general topic and chains of answers are none.
    private func place(_ route: Route, _ operation: TelegramOperation) -> JSONObject {
        guard !operation.withoutThread, let topic = route.anchor.flatMap(Int64.init), topic > 1 else { return [:] }
        return ["message_thread_id": .integer(topic)]
    }

    /// In a group the first message of an answer shows what it answers.
    private func reply(_ route: Route, _ operation: TelegramOperation, _ chat: Int64) -> JSONObject {
        guard chat < 0, !operation.withoutReply, let id = route.replyTo.flatMap(Int64.init) else { return [:] }
        guard self.repliedTo[MessageReference(room: self.room(chat), id: "\(id)")] == nil else { return [:] }
        return ["reply_parameters": ["message_id": .integer(id), "allow_sending_without_reply": true]]
    }

    private func post(
        _ message: OutgoingMessage, _ operation: inout TelegramOperation, _ chat: Int64
    ) -> TelegramOperation.Step {
        let markup = TelegramMarkup(message.text)
        guard !markup.text.isEmpty else { return Self.empty() }
        var parameters = self.content(markup, operation)
        parameters["reply_markup"] = TelegramButton.keyboard(message.buttons, chat: chat, key: self.memory.key)
        operation.content = parameters.hashValue
        parameters["chat_id"] = .integer(chat)
        parameters.merge(self.place(message.route, operation))
        parameters.merge(self.reply(message.route, operation, chat))
        return .call(TelegramCall("sendMessage", parameters))
    }

    private func edit(
        _ reference: MessageReference, _ message: OutgoingMessage, _ operation: inout TelegramOperation, _ chat: Int64
    ) -> TelegramOperation.Step {
        guard let id = Int64(reference.id) else { return Self.unknown(reference) }
        let markup = TelegramMarkup(message.text)
        guard !markup.text.isEmpty else { return Self.empty() }
        var parameters = self.content(markup, operation)
        // Left out, it takes the buttons away.
        parameters["reply_markup"] = TelegramButton.keyboard(message.buttons, chat: chat, key: self.memory.key)
        operation.content = parameters.hashValue
        parameters["chat_id"] = .integer(chat)
        parameters["message_id"] = .integer(id)
        return .call(TelegramCall("editMessageText", parameters))
    }

    private func delete(_ reference: MessageReference, _ chat: Int64) -> TelegramOperation.Step {
        guard let id = Int64(reference.id) else { return Self.unknown(reference) }
        return .call(TelegramCall("deleteMessage", ["chat_id": .integer(chat), "message_id": .integer(id)]))
    }

    private func draft(
        _ message: OutgoingMessage, _ operation: TelegramOperation, _ chat: Int64
    ) -> TelegramOperation.Step {
        guard self.hasDrafts(chat) else {
            return .failed(AdapterError(.invalid, "Telegram shows no drafts in this chat"))
        }
        let markup = TelegramMarkup(message.text)
        var parameters: JSONObject = [
            "chat_id": .integer(chat), "draft_id": .integer(Self.draftID(message.token)), "text": .string(markup.text),
            "can_stop": true,
        ]
        if !markup.entities.isEmpty, !operation.withoutEntities {
            parameters["entities"] = .array(markup.entities.map(\.json))
        }
        parameters.merge(self.place(message.route, operation))
        return .call(TelegramCall("sendMessageDraft", parameters, timeout: Self.draftTimeout))
    }

    private func upload(
        _ file: OutgoingFile, _ operation: TelegramOperation, _ chat: Int64
    ) -> TelegramOperation.Step {
        guard file.bytes.count <= Self.uploadLimit, !file.bytes.isEmpty else {
            return .failed(AdapterError(.invalid, "Telegram takes files of 1 byte to 50 MB"))
        }
        var parameters: JSONObject = ["chat_id": .integer(chat)]
        let caption = Self.cut(file.caption, to: Self.captionLimit)
        if !caption.isEmpty { parameters["caption"] = .string(caption) }
        parameters.merge(self.place(file.route, operation))
        parameters.merge(self.reply(file.route, operation, chat))
        let part = TelegramCall.File(
            field: "document", name: file.name, mediaType: file.mediaType, bytes: file.bytes)
        return .call(TelegramCall("sendDocument", parameters, file: part, timeout: Self.uploadTimeout))
    }

    /// Between characters, in UTF-16 code units.
    private static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf16.count > limit else { return text }
        var units = 1
        return String(
            text.prefix { character in
                units += character.utf16.count
                return units <= limit
            }) + "…"
    }

    private func react(
        _ emoji: String, _ isOn: Bool, _ reference: MessageReference, _ chat: Int64
    ) -> TelegramOperation.Step {
        guard let id = Int64(reference.id) else { return Self.unknown(reference) }
        guard let known = TelegramEmoji.reaction(for: emoji) else { return .done(.done) }
        let reactions: [JSON] = isOn ? [["type": "emoji", "emoji": .string(known)]] : []
        return .call(
            TelegramCall(
                "setMessageReaction",
                ["chat_id": .integer(chat), "message_id": .integer(id), "reaction": .array(reactions)],
                timeout: 10_000))
    }

    private func locate(_ attachment: Attachment) -> TelegramOperation.Step {
        if let size = attachment.size, size > Self.downloadLimit {
            return .failed(AdapterError(.invalid, "Telegram lets bots fetch files up to 20 MB only"))
        }
        return .call(TelegramCall("getFile", ["file_id": .string(attachment.id)]))
    }
}
