import Chat
import Matrix
import Primitives

/// Echoes every message, in place of the core, to test only the adapter.
final class EchoingSink: MessageSink {
    private let adapter: MatrixAdapter
    private let state = Protected(0)
    /// The last answer of each room, so that answers have the order of the messages.
    private let last = Protected<[RoomID: Task<Void, Never>]>([:])
    /// Another one after a restart must not repeat its tokens.
    private let name = "echo-\(UInt32.random(in: 0 ... .max))"

    init(_ adapter: MatrixAdapter) { self.adapter = adapter }

    @discardableResult func deliver(_ event: InboundEvent) async throws -> Delivery {
        guard let room = self.room(of: event.kind) else { return .stored }
        self.last.withLock { last in
            let before = last[room]
            // Unstructured, since the next event's delivery must not wait for this one's answer.
            last[room] = Task {
                await before?.value
                do { try await self.answer(event.kind) } catch { print("echo: \(error)") }
            }
        }
        return .stored
    }

    private func room(of kind: InboundEvent.Kind) -> RoomID? {
        switch kind {
        case .message(let message): message.route.room
        case .messageEdited(let edit): edit.reference.room
        case .messageDeleted(let reference): reference.room
        case .choice(let choice): choice.target.room
        case .identityEnded, .roomRenamed, .roomReturned: nil
        }
    }

    private func answer(_ kind: InboundEvent.Kind) async throws {
        switch kind {
        case .message(let message) where !message.sender.isSelf && !message.sender.isBot:
            guard message.isAddressed || message.isThreaded || message.isDirect else { return }
            try await self.answer(message)
        case .messageEdited(let edit):
            try await self.say("You changed it to: \(edit.text)", Route(room: edit.reference.room))
        case .messageDeleted(let reference): try await self.say("You deleted it.", Route(room: reference.room))
        case .choice(let choice):
            guard case .reaction(let emoji) = choice.kind else { return }
            try await self.say("You chose: \(emoji)", Route(room: choice.target.room))
        default: break
        }
    }

    private func answer(_ message: InboundMessage) async throws {
        await self.adapter.setTyping(true, in: message.route)
        if let id = message.route.replyTo {
            try? await self.adapter.react(
                "👀", isOn: true, to: MessageReference(room: message.route.room, id: id), isNeeded: false)
        }
        if message.text == "!verify" || message.text.hasPrefix("!verify ") {
            let argument = String(message.text.dropFirst("!verify ".count))
            let said = await self.adapter.verify(argument, by: message.sender, in: message.route)
            return try await self.say(said, message.route)
        }
        // Leaves the typing sign on for the client to see.
        if message.text == "take your time" { return }
        for attachment in message.attachments { try await self.sendBack(attachment, message.route) }
        if message.attachments.isEmpty {
            if message.text == "long" {
                try await self.sendLong(message.route)
            } else {
                try await self.echo("You said: \(message.text)", message.route)
            }
        }
        await self.adapter.setTyping(false, in: message.route)
    }

    /// Sends the file back, reversed.
    private func sendBack(_ attachment: Attachment, _ route: Route) async throws {
        let bytes = Protected<[UInt8]>([])
        try await self.adapter.download(attachment) { piece in bytes.withLock { $0 += piece } }
        let file = OutgoingFile(
            name: String(attachment.name.reversed()), mediaType: "application/octet-stream",
            bytes: bytes.withLock { $0.reversed() }, caption: "turned", route: route, token: self.token())
        try await self.patiently { try await self.adapter.upload(file) }
    }

    /// Posts a preview, then edits it to the final text; only the final text while previews are rate-limited.
    private func echo(_ text: String, _ route: Route) async throws {
        let half = self.message(String(text.prefix(text.count / 2)), route, .preview)
        let reference: MessageReference
        do { reference = try await self.adapter.post(half) } catch let error as AdapterError
            where error.code == .rateLimited
        {
            return try await self.say(text, route)
        }
        let whole = self.message(text, route, .final)
        try await self.patiently { try await self.adapter.replace(reference, with: whole) }
    }

    /// Posts sixty states of one message; edits that are rate-limited are skipped.
    private func sendLong(_ route: Route) async throws {
        var text = ""
        var reference: MessageReference?
        for number in 0..<60 {
            text += "line \(number)  \n"
            if let reference {
                try? await self.adapter.replace(reference, with: self.message(text, route, .preview))
            } else {
                let first = self.message(text, route, .preview)
                reference = try await self.patiently { try await self.adapter.post(first) }
            }
        }
        guard let reference else { return }
        let whole = self.message(text + "the end", route, .final)
        try await self.patiently { try await self.adapter.replace(reference, with: whole) }
    }

    private func say(_ text: String, _ route: Route) async throws {
        let message = self.message(text, route, .final)
        try await self.patiently { try await self.adapter.post(message) }
    }

    private func message(_ text: String, _ route: Route, _ stage: OutgoingMessage.Stage) -> OutgoingMessage {
        let rendered = self.adapter.renderer.render(text)
        return OutgoingMessage(
            text: String(decoding: rendered.bytes, as: UTF8.self), route: route, token: self.token(), stage: stage)
    }

    private func token() -> String {
        let number = self.state.withLock { number in
            number += 1
            return number
        }
        return "\(self.name)-\(number)"
    }

    /// Retries for as long as the server limits the rate.
    @discardableResult
    private func patiently<Value>(_ body: () async throws -> Value) async throws -> Value {
        while true {
            do { return try await body() } catch let error as AdapterError where error.code == .rateLimited {
                try await Task.sleep(for: error.retryAfter ?? .seconds(1))
            }
        }
    }
}
