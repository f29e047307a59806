internal import EventLoop

/// What people do in the workspace.
extension LoopbackSlack {
    /// Somebody writes; the message's ts. `&`, `<` and `>` are escaped as a client does it, tokens such as
    /// ``LoopbackSlack/mention`` stay.
    @discardableResult
    package func say(
        _ text: String, as user: String = LoopbackSlack.alice, in channel: String = LoopbackSlack.general,
        thread: String? = nil, isBroadcast: Bool = false
    ) -> String {
        self.change {
            $0.say(text, as: user, in: channel, thread: thread, isBroadcast: isBroadcast, botID: nil)
        }
    }

    /// The author edits a message.
    package func edit(_ ts: String, in channel: String = LoopbackSlack.general, to text: String) {
        self.change { $0.edit(ts, in: channel, to: text) }
    }

    /// Somebody deletes a message.
    package func delete(_ ts: String, in channel: String = LoopbackSlack.general) {
        self.change { $0.delete(ts, in: channel) }
    }

    /// The direct conversation of somebody with the bot; made when there is none.
    package func directChannel(with user: String = LoopbackSlack.alice) -> String {
        self.change { $0.directChannel(with: user) }
    }
}
