internal import Chat
internal import JSON
internal import Kit
internal import Logging

/// Slash commands belong to no thread. In a direct message with the bot they join that conversation; in a channel the
/// bot posts the command as a message, and the conversation continues in that message's thread. What not everybody may
/// see (``MessageSink/mayShow(_:)``) is answered in the direct message, wherever it was typed.
extension SlackAdapter {
    func answerSlash(
        _ slash: SlackSlash, delivering sink: any MessageSink, _ answer: @escaping SlackDeliveryQueue.Answer
    ) async {
        do {
            answer(true, try await self.deliver(slash, to: sink))
        } catch let failure as SlackFailure {
            answer(true, Self.ephemeral(Self.explanation(of: failure)))
        } catch {
            answer(true, Self.ephemeral("The command failed. Try it again."))
        }
    }

    /// Returns the reply that only the sender sees, if there is one.
    private func deliver(_ slash: SlackSlash, to sink: any MessageSink) async throws -> JSON? {
        guard let reader = self.reader else { throw SlackFailure("unreachable", "not connected to Slack") }
        let isShown = await self.mayShow(slash, to: sink, by: reader)
        let channel = isShown ? slash.channel : try await self.directChannel(of: slash)
        let root = isShown ? try await self.postEcho(of: slash, in: channel) : nil
        let message = Self.message(slash, in: channel, root: root, isDirect: !isShown, reader, self.now.wall)
        let event = InboundEvent(id: "slash:\(slash.id)", adapter: self.id, kind: .message(message))
        let delivery = await self.deliver(event, to: sink)
        if let root, delivery != .stored {
            // No answer follows in that thread.
            await self.deleteEcho(root, in: channel)
        }
        switch delivery {
        case nil: return Self.ephemeral("The command could not be stored. Try it again.")
        case .ignored("stranger")?:
            return Self.ephemeral(
                "I do not know you yet. Ask an owner for a pairing code and send it here: `/jetbridge pair CODE`")
        case .stored? where !isShown && !slash.isDirect:
            // A wrong code gets no answer.
            return Self.ephemeral(
                "I do not show here what may contain a code or a token. If there is an answer, it is in your direct "
                    + "messages with me.")
        default: return nil
        }
    }

    private func mayShow(_ slash: SlackSlash, to sink: any MessageSink, by reader: SlackReader) async -> Bool {
        guard !slash.isDirect else { return false }
        return await sink.mayShow(Self.message(slash, in: slash.channel, reader, self.now.wall))
    }

    private static func message(
        _ slash: SlackSlash, in channel: String, root: String? = nil, isDirect: Bool = false, _ reader: SlackReader,
        _ time: Int64
    ) -> InboundMessage {
        let route = Route(
            room: reader.room(channel), anchor: root, recipient: slash.recipient, commandPrefix: "\(slash.name) ")
        return InboundMessage(
            thread: reader.thread(channel, root: root), route: route, sender: slash.sender, text: slash.text,
            sentAt: time, isDirect: isDirect, isAddressed: true, isMention: true)
    }

    /// The direct message of the sender and the bot, also for a command typed in another direct message.
    private func directChannel(of slash: SlackSlash) async throws -> String {
        guard let user = slash.recipient.split(separator: "/").last else { return slash.channel }
        let answer: JSON
        do {
            answer = try await self.call(.openDirect, ["users": .string(String(user))])
        } catch let failure as SlackFailure where failure.isMissingFeature {
            // Without the scope, a user's id also works as the channel of the direct message.
            return slash.isDirect ? slash.channel : String(user)
        }
        guard let channel = SlackReader.id(answer["channel"]?["id"]) else {
            throw SlackFailure("http_200", "conversations.open returned no channel")
        }
        return channel
    }

    private func deleteEcho(_ ts: String, in channel: String) async {
        do {
            try await self.call(.delete, ["channel": .string(channel), "ts": .string(ts)])
        } catch {
            self.logger.debug(
                "A command's message could not be deleted from the channel", ["reason": .string("\(error)")])
        }
    }

    private func postEcho(of slash: SlackSlash, in channel: String) async throws -> String {
        // Plain text cannot mention anyone.
        let echo = slash.echo.cut(to: 2_900)
        let answer = try await self.call(
            .post,
            [
                "channel": .string(channel), "text": .string(SlackMarkup.escaped(echo)), "unfurl_links": false,
                "unfurl_media": false, "metadata": SlackBlocks.metadata(token: "slash:\(slash.id)"),
                "blocks": [["type": "section", "text": ["type": "plain_text", "text": .string(echo)]]],
            ], channel: channel)
        return try Self.made(answer, by: .post)
    }

    private static func explanation(of failure: SlackFailure) -> String {
        switch failure.code {
        case "not_in_channel", "channel_not_found":
            "I am not in this channel. Invite me with /invite, or send me a direct message."
        default: "The command failed: \(failure.message)"
        }
    }

    private static func ephemeral(_ text: String) -> JSON {
        ["response_type": "ephemeral", "text": .string(SlackMarkup.escaped(text))]
    }
}
