internal import EventLoop
package import JSON

/// People's actions in the workspace.
extension LoopbackSlack {
    /// The result of a button, a command or a form.
    package struct Outcome: Sendable {
        /// Whether the app acknowledged it in time; otherwise the person saw an error.
        package internal(set) var isAcknowledged = false
        /// Whether no acknowledgement came within three seconds.
        package internal(set) var hasFailed = false
        /// The payloads of the acknowledgement and of the calls to the response URL.
        package internal(set) var answers: [JSON] = []
    }

    /// A file that a person sends.
    package struct Upload: Sendable {
        package var name: String
        package var bytes: [UInt8]
        package var type: String?
        /// Events contain only its id, so that the app has to fetch its details, as with files of other workspaces.
        package var isForeign = false

        package init(_ name: String, _ bytes: [UInt8], type: String? = nil) {
            self.name = name
            self.bytes = bytes
            self.type = type
        }
    }

    /// A person posts a message; returns its ts. `&`, `<` and `>` are escaped as a client does it; tokens such as
    /// ``LoopbackSlack/mention`` stay.
    @discardableResult
    package func say(
        _ text: String, as user: String = LoopbackSlack.alice, in channel: String = LoopbackSlack.general,
        thread: String? = nil, isBroadcast: Bool = false
    ) -> String {
        self.change {
            $0.say(text, as: user, in: channel, thread: thread, subtype: isBroadcast ? "thread_broadcast" : nil)
        }
    }

    /// Another app's bot posts a message.
    @discardableResult
    package func sayAsBot(
        _ text: String, in channel: String = LoopbackSlack.general, thread: String? = nil
    ) -> String {
        self.change { $0.say(text, as: "U0OTHERBOT", in: channel, thread: thread, botID: "B0OTHERBOT") }
    }

    /// A message with any subtype, such as `me_message` or `channel_topic`.
    @discardableResult
    package func say(_ text: String, subtype: String, in channel: String = LoopbackSlack.general) -> String {
        self.change { $0.say(text, as: LoopbackSlack.alice, in: channel, thread: nil, subtype: subtype) }
    }

    package func edit(_ ts: String, in channel: String = LoopbackSlack.general, to text: String) {
        self.change { $0.edit(ts, in: channel, to: text) }
    }

    /// A `message_changed` without a change of the text, as a link preview causes it.
    package func touch(_ ts: String, in channel: String = LoopbackSlack.general) {
        self.change { state in
            guard let place = state.channels[channel], let message = place[ts] else { return }
            state.emitChanged(message, before: message, in: place)
        }
    }

    /// A message is deleted.
    package func delete(_ ts: String, in channel: String = LoopbackSlack.general) {
        self.change { $0.delete(ts, in: channel) }
    }

    /// A person adds a reaction; the name without colons.
    package func react(
        _ name: String, to ts: String, in channel: String = LoopbackSlack.general, as user: String = LoopbackSlack.alice
    ) {
        self.change { $0.react(name, to: ts, in: channel, as: user) }
    }

    /// A person removes a reaction.
    package func unreact(
        _ name: String, from ts: String, in channel: String = LoopbackSlack.general,
        as user: String = LoopbackSlack.alice
    ) {
        self.change { $0.unreact(name, from: ts, in: channel, as: user) }
    }

    /// A person presses the button with this label or action id. Returns the id for ``outcome(_:)``; nil when the
    /// message has no such button.
    @discardableResult
    package func press(
        _ button: String, of ts: String, in channel: String = LoopbackSlack.general,
        as user: String = LoopbackSlack.alice
    ) -> String? {
        self.change { $0.press(button, of: ts, in: channel, as: user) }
    }

    /// A person enters a slash command such as `/bot`; nil when the app has no such command.
    @discardableResult
    package func slash(
        _ command: String, _ text: String = "", in channel: String = LoopbackSlack.general,
        as user: String = LoopbackSlack.alice
    ) -> String? {
        self.change { $0.slash(command, text, in: channel, as: user) }
    }

    /// A person submits the form of a view with these values (`{block: {action: {type, value}}}`).
    @discardableResult
    package func submit(view: String, _ values: JSON = [:]) -> String? {
        self.change { $0.submit(view, values) }
    }

    /// What the app hears of files.
    package enum FileNews: Sendable {
        /// The message and the files.
        case whole
        /// The files only, as of large ones; the message can be read.
        case files
        /// The files only, and of no message where they are.
        case filesOnly
    }

    /// A person posts files with a text; returns the message's ts.
    @discardableResult
    package func upload(
        _ files: Upload..., text: String = "", as user: String = LoopbackSlack.alice,
        in channel: String = LoopbackSlack.general, thread: String? = nil, news: FileNews = .whole
    ) -> String {
        self.change { $0.upload(files, text: text, as: user, in: channel, thread: thread, news: news) }
    }

    /// The event of a message that was not sent before comes after all.
    package func sendEvent(of ts: String, in channel: String) {
        self.change { state in
            guard let channel = state.channels[channel], let message = channel[ts] else { return }
            state.emitNew(message, in: channel)
        }
    }

    /// A person opens the assistant.
    package func openAssistant(as user: String = LoopbackSlack.alice) -> (channel: String, thread: String) {
        self.change { $0.openAssistant(as: user) }
    }

    /// A person shares a message, with a text of their own; returns the new message's ts.
    @discardableResult
    package func share(
        _ ts: String, of origin: String = LoopbackSlack.general, saying text: String = "",
        as user: String = LoopbackSlack.alice, in channel: String = LoopbackSlack.general, thread: String? = nil
    ) -> String {
        self.change { $0.share(ts, of: origin, saying: text, as: user, in: channel, thread: thread) }
    }

    // MARK: Places and people

    /// Adds a group of people that can be mentioned; returns its id.
    package func addGroup(_ handle: String) -> String {
        self.change { state in
            let id = state.identifier("S")
            state.groups[id] = handle
            return id
        }
    }

    /// A person's direct conversation with the bot, created if missing.
    package func directChannel(with user: String = LoopbackSlack.alice) -> String {
        self.change { $0.directChannel(with: user) }
    }

    /// Creates a channel with Alice, Bob and, if `withBot`, the bot.
    package func addChannel(_ name: String, isPrivate: Bool = false, withBot: Bool = true) -> String {
        self.change { $0.addChannel(name, isPrivate: isPrivate, withBot: withBot) }
    }

    /// Adds a person. A guest sees only some channels; a stranger comes from another organisation.
    package func addUser(
        _ name: String, realName: String? = nil, isGuest: Bool = false, isStranger: Bool = false
    ) -> String {
        self.change { state in
            let id = state.identifier("U")
            state.add(
                SlackUser(
                    id: id, name: name, realName: realName ?? name,
                    teamID: isStranger ? "T0STRANGE" : state.settings.teamID, isRestricted: isGuest,
                    isStranger: isStranger))
            state.addMember(id, to: LoopbackSlack.general)
            return id
        }
    }

    package func removeMember(_ user: String, from channel: String) {
        self.change { $0.removeMember(user, from: channel) }
    }

    package func addMember(_ user: String, to channel: String) {
        self.change { $0.addMember(user, to: channel) }
    }

    package func archive(_ channel: String, _ isArchived: Bool = true) {
        self.change { $0.channels[channel]?.isArchived = isArchived }
    }

    /// Sends any event that the methods above do not cover.
    package func emit(_ subscription: String, _ event: JSONObject) {
        self.change { $0.emit(subscription, event) }
    }

    /// Drops all messages, files and records, so that a long run's memory stays flat.
    package func forget() {
        self.change { $0.forget() }
    }
}
