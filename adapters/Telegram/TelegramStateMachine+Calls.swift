internal import Chat
internal import JSON
internal import Kit

/// Turns operations into calls.
extension TelegramStateMachine {
    private static let captionLimit = 1_024
    private static let uploadTimeout: Int64 = 300_000
    /// In milliseconds; short, because later messages wait for the draft.
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
        .failed(AdapterError(.notFound, "\(reference.id) is not a valid Telegram message id"))
    }

    /// The text with its entities. Never markup, because Telegram rejects the whole message for one mistake in it.
    private func text(_ markup: TelegramMarkup, _ operation: TelegramOperation) -> JSONObject {
        var parameters: JSONObject = ["text": .string(markup.text)]
        if !markup.entities.isEmpty, !operation.withoutEntities {
            parameters["entities"] = .array(markup.entities.map(\.json))
        }
        return parameters
    }

    /// The text and buttons of a message; nil without text. Notes them as the content of the operation.
    private func content(
        _ message: OutgoingMessage, _ operation: inout TelegramOperation, _ chat: Int64
    ) -> JSONObject? {
        let markup = TelegramMarkup(message.text).mentioning(message.route.mentions)
        guard !markup.text.isEmpty else { return nil }
        var parameters = self.text(markup, operation)
        parameters["link_preview_options"] = ["is_disabled": true]
        // An edit without a keyboard removes the buttons.
        parameters["reply_markup"] = TelegramButton.keyboard(message.buttons, chat: chat, key: self.memory.key)
        operation.content = parameters.hashValue
        parameters["chat_id"] = .integer(chat)
        return parameters
    }

    /// The topic, if it is a real one: Telegram accepts neither the general topic (1) nor a reply chain here.
    private func place(_ route: Route, _ operation: TelegramOperation) -> JSONObject {
        guard !operation.withoutThread, let topic = route.anchor.flatMap(Int64.init), topic > 1 else { return [:] }
        return ["message_thread_id": .integer(topic)]
    }

    /// In a group, the first message of an answer is a reply to the question.
    private func reply(_ route: Route, _ operation: TelegramOperation, _ chat: Int64) -> JSONObject {
        // The messages of a deleted topic are gone, and in a supergroup those of the former group have other ids.
        guard chat < 0, !operation.withoutReply, !operation.withoutThread, route.room == self.room(chat),
            let id = route.replyTo.flatMap(Int64.init)
        else { return [:] }
        guard self.repliedTo[MessageReference(room: self.room(chat), id: "\(id)")] == nil else { return [:] }
        return ["reply_parameters": ["message_id": .integer(id), "allow_sending_without_reply": true]]
    }

    private func post(
        _ message: OutgoingMessage, _ operation: inout TelegramOperation, _ chat: Int64
    ) -> TelegramOperation.Step {
        guard var parameters = self.content(message, &operation, chat) else { return Self.empty() }
        parameters.merge(self.place(message.route, operation))
        parameters.merge(self.reply(message.route, operation, chat))
        return .call(TelegramCall("sendMessage", parameters))
    }

    private func edit(
        _ reference: MessageReference, _ message: OutgoingMessage, _ operation: inout TelegramOperation, _ chat: Int64
    ) -> TelegramOperation.Step {
        guard let id = Int64(reference.id) else { return Self.unknown(reference) }
        guard var parameters = self.content(message, &operation, chat) else { return Self.empty() }
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
            return .failed(AdapterError(.invalid, "Telegram does not support drafts in this chat"))
        }
        var parameters = self.text(TelegramMarkup(message.text), operation)
        parameters["chat_id"] = .integer(chat)
        parameters["draft_id"] = .integer(Self.draftID(message.token))
        parameters["can_stop"] = true
        parameters.merge(self.place(message.route, operation))
        return .call(TelegramCall("sendMessageDraft", parameters, timeout: Self.draftTimeout))
    }

    private func upload(
        _ file: OutgoingFile, _ operation: TelegramOperation, _ chat: Int64
    ) -> TelegramOperation.Step {
        guard file.bytes.count <= Self.uploadLimit, !file.bytes.isEmpty else {
            return .failed(AdapterError(.invalid, "The file cannot be sent: Telegram accepts 1 byte to 50 MB"))
        }
        var parameters: JSONObject = ["chat_id": .integer(chat)]
        let caption = file.caption.cut(to: Self.captionLimit)
        if !caption.isEmpty { parameters["caption"] = .string(caption) }
        parameters.merge(self.place(file.route, operation))
        parameters.merge(self.reply(file.route, operation, chat))
        let part = TelegramCall.File(
            field: file.isVoice ? "voice" : "document", name: file.name, mediaType: file.mediaType, bytes: file.bytes)
        let method = file.isVoice ? "sendVoice" : "sendDocument"
        return .call(TelegramCall(method, parameters, file: part, timeout: Self.uploadTimeout))
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

    static let tooLarge = AdapterError(.invalid, "Telegram lets bots read files of up to 20 MB. Send a smaller one")

    private func locate(_ attachment: Attachment) -> TelegramOperation.Step {
        if let size = attachment.size, size > Self.downloadLimit {
            return .failed(Self.tooLarge)
        }
        return .call(TelegramCall("getFile", ["file_id": .string(attachment.id)]))
    }
}
