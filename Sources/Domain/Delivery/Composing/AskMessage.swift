package import Chat
package import Threads

/// An ask as the messages of a room.
package struct AskMessage {
    let ask: AskRecord
    private let traits: RoomTraits
    private let composer: Composer
    private let renderer: any MessageRenderer
    private let now: Int64

    /// The maximum size of what is asked, in bytes, also where a room has no limit.
    private static let limit = 32 * 1024
    /// The maximum number of messages where each line is one.
    private static let lineLimit = 40

    /// - Parameters:
    ///   - mentions: Their names take a part of the message.
    ///   - now: When it is shown; nil for when it was asked.
    package init(
        ask: AskRecord, traits: RoomTraits, renderer: (any MessageRenderer)?, mentioning mentions: [Mention] = [],
        at now: Int64? = nil
    ) {
        self.now = now ?? ask.createdAt
        var traits = traits
        if traits.isMultiline { traits.textLimit -= mentions.compactMap(\.name).reduce(0) { $0 + $1.utf8.count + 2 } }
        self.ask = ask
        self.traits = traits
        self.renderer = renderer ?? PlainRenderer()
        self.composer = Composer(traits: traits, renderer: self.renderer)
    }

    /// Whether its message can be changed to the outcome.
    package var isEditable: Bool { self.traits.capabilities.contains(.edits) && self.traits.isMultiline }

    private var isTranscript: Bool { self.traits.capabilities.contains(.transcript) }

    /// The ask as Markdown.
    private var markdown: String {
        let options = AskTexts.lines(of: self.ask)
        let parts = [self.lead, options, self.ask.tail].map {
            AskTexts.dated($0, until: self.ask.expiresAt, as: self.traits.times, at: self.now)
        }
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var lead: String {
        guard !self.traits.isMultiline, self.ask.kind == .approval else { return self.ask.lead }
        return AskTexts.lead(
            self.ask.bindings.map(\.request), id: self.ask.id, for: self.ask.requester, until: self.ask.expiresAt,
            isByLine: true)
    }

    /// The entry in the transcript.
    package var transcript: String {
        [self.ask.lead, AskTexts.lines(of: self.ask), self.ask.tail].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// The messages to post, none in the web chat; nil when the room cannot show the ask whole: as one message or, where
    /// each line is a message, without cutting a line.
    package var messages: [String]? {
        guard self.ask.lead.utf8.count <= Self.limit else { return nil }
        if self.isTranscript { return [] }
        let messages = self.composer.messages(for: self.markdown)
        if self.traits.isMultiline { return messages.count == 1 ? messages : nil }
        let rendered = self.renderer.render(self.markdown)
        let lines = rendered.lines.count { !rendered.bytes[$0.range].allSatisfy { $0 == UInt8(ascii: " ") } }
        return messages.count == lines && lines <= Self.lineLimit ? messages : nil
    }

    /// One other line of Markdown there; nil when it is several messages.
    package func composed(_ markdown: String) -> String? {
        let messages = self.composer.messages(for: markdown)
        return messages.count == 1 ? messages.first : nil
    }

    /// What replaces the message when the ask has ended, or one line where it cannot be changed. A long reason is cut.
    /// Nil in the web chat.
    package var outcome: String? {
        if self.isTranscript { return nil }
        let candidates = [500, 100, 20].map {
            AskTexts.outcomeLine(of: self.ask, limit: $0, times: self.isEditable ? self.traits.times : .utc)
        }
        let lead = AskTexts.undated(self.ask.lead, until: self.ask.expiresAt, as: self.traits.times)
        let texts =
            (self.isEditable ? candidates.map { "\(lead)\n\n\($0)" } : [])
            + candidates.map { "`\(self.ask.id)`: \($0)" }
        for text in texts {
            let messages = self.composer.messages(for: text)
            if messages.count == 1 { return messages.first }
        }
        return self.composer.messages(for: texts.last ?? "").first
    }
}
