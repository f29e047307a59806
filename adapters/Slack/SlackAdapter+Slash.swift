internal import Chat
internal import JSON
internal import Logging
internal import Primitives

/// Slash commands stand in no thread. In a direct message with the bot they belong to its conversation; in a channel the
/// bot shows the command as a message of its own, and the answer comes in that message's thread, where the talk goes on.
/// A pairing code is never shown: `pair` is answered in the direct message, wherever it was typed.
extension SlackAdapter {
    func serve(_ slash: SlackSlash, delivering sink: any MessageSink, answer: @escaping SlackLane.Answer) async {
        do {
            answer(true, try await self.carryOut(slash, sink))
        } catch let failure as SlackFailure {
            answer(true, Self.ephemeral(Self.explanation(of: failure)))
        } catch {
            answer(true, Self.ephemeral("The command was not taken. Try it again."))
        }
    }

    /// What only its sender sees, or nothing.
    private func carryOut(_ slash: SlackSlash, _ sink: any MessageSink) async throws -> JSON? {
        guard let reader = self.reader else { throw SlackFailure("unreachable", "not connected") }
        let isDirect = slash.isDirect || slash.isPrivate
        let channel = isDirect ? try await self.directChannel(of: slash) : slash.channel
        let root = isDirect ? nil : try await self.show(slash, in: channel)
        let message = InboundMessage(
            thread: reader.thread(channel, root: root),
            route: reader.route(channel, anchor: root, replyTo: nil, recipient: slash.recipient), sender: slash.sender,
            text: slash.text, sentAt: self.now.wall, isDirect: isDirect, isAddressed: true)
        let event = InboundEvent(id: "slash:\(slash.id)", adapter: self.id, kind: .message(message))
        let delivery = await self.deliver(event, to: sink)
        if let root, delivery != .stored {
            // Nobody answers in that thread.
            await self.takeBack(root, in: channel)
        }
        switch delivery {
        case nil: return Self.ephemeral("The command could not be stored. Try it again.")
        case .ignored("stranger")?:
            return Self.ephemeral(
                "You are not known to me. Ask an owner for a pairing code, and send it here: `/jetbridge pair CODE`")
        case .stored? where slash.isPrivate && !slash.isDirect:
            // A wrong code has no answer.
            return Self.ephemeral("If that code is right, the answer is in your direct messages with me.")
        default: return nil
        }
    }

    /// The conversation of a person and the bot. What is typed in somebody else's direct message goes there, too.
    private func directChannel(of slash: SlackSlash) async throws -> String {
        guard let user = slash.recipient.split(separator: "/").last else { return slash.channel }
        let answer: JSON
        do {
            answer = try await self.call(.openDirect, ["users": .string(String(user))])
        } catch let failure as SlackFailure where failure.isMissingFeature {
            // Without the right to ask, it is where the command was typed; from elsewhere a person's id leads there, too.
            return slash.isDirect ? slash.channel : String(user)
        }
        guard let channel = SlackReader.channel(answer["channel"]?["id"]) else {
            throw SlackFailure("http_200", "conversations.open named no channel")
        }
        return channel
    }

    private func takeBack(_ ts: String, in channel: String) async {
        do {
            try await self.call(.delete, ["channel": .string(channel), "ts": .string(ts)])
        } catch {
            self.logger.debug("A command's message was left in the channel", ["reason": .string("\(error)")])
        }
    }

    private func show(_ slash: SlackSlash, in channel: String) async throws -> String {
        // Plain text cannot mention anybody.
        let echo = SlackBlocks.cut(slash.echo, limit: 2_900)
        let answer = try await self.call(
            .post,
            [
                "channel": .string(channel), "text": .string(SlackMarkup.escaped(echo)), "unfurl_links": false,
                "unfurl_media": false, "metadata": SlackBlocks.metadata(token: "slash:\(slash.id)"),
                "blocks": [["type": "section", "text": ["type": "plain_text", "text": .string(echo)]]],
            ], channel: channel)
        guard let ts = SlackReader.timestamp(answer["ts"]) else {
            throw SlackFailure("http_200", "chat.postMessage named no message", isCertain: false)
        }
        return ts
    }

    private static func explanation(of failure: SlackFailure) -> String {
        switch failure.code {
        case "not_in_channel", "channel_not_found":
            "I am not in this channel. Invite me with /invite, or write to me directly."
        default: "The command was not taken: \(failure.message)"
        }
    }

    private static func ephemeral(_ text: String) -> JSON {
        ["response_type": "ephemeral", "text": .string(SlackMarkup.escaped(text))]
    }
}
