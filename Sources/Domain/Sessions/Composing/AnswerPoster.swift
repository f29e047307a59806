internal import Chat
internal import Markdown

/// Follows a growing answer and says which messages are due where nothing can be edited: whole paragraphs, as they are
/// finished. Pure.
struct AnswerPoster {
    private let composer: Composer
    private let traits: RoomTraits
    private var blocks = MarkdownBlocks()
    /// The bytes of the answer that have been turned into messages.
    private var consumed = 0
    /// How many messages the answer has made.
    private(set) var count = 0
    /// The answer is too long for this room: an excerpt and a link stand for it.
    private(set) var isShortened = false

    init(traits: RoomTraits, renderer: any MessageRenderer) {
        self.traits = traits
        self.composer = Composer(traits: traits, renderer: renderer)
    }

    var canAppend: Bool { !self.traits.capabilities.contains(.transcript) && !self.isGrowing }

    /// Messages for the paragraphs that are finished by now, after `piece` was added to `answer`.
    mutating func append(_ piece: String, to answer: [UInt8]) -> [String] {
        guard self.canAppend, !self.isShortened else { return [] }
        self.blocks.append(piece.utf8)
        let end = self.blocks.stableEnd
        guard end > self.consumed else { return [] }
        return self.take(answer[self.consumed..<end], upTo: end)
    }

    /// Messages for the rest.
    mutating func rest(of answer: [UInt8]) -> [String] {
        guard !self.traits.capabilities.contains(.transcript), !self.isShortened else { return [] }
        return self.take(answer[self.consumed...], upTo: answer.count)
    }

    /// Whether the answer is shown while it grows, by edits or as a draft.
    var isGrowing: Bool {
        let capabilities = self.traits.capabilities
        return !capabilities.isDisjoint(with: [.edits, .drafts]) && !capabilities.contains(.transcript)
    }

    /// Whether what is shown of a growing answer vanishes by itself.
    var isDrafting: Bool { self.traits.capabilities.contains(.drafts) }

    /// The messages of the answer so far, for a room where they can be edited. What makes it too long is not shown: the
    /// final text is an excerpt then.
    func preview(of answer: [UInt8]) -> [String] {
        Array(self.composer.messages(for: String(decoding: answer, as: UTF8.self)).prefix(self.traits.answerMessages))
    }

    /// Messages for a line of the bot's own.
    func messages(for markdown: String) -> [String] {
        guard !self.traits.capabilities.contains(.transcript) else { return [] }
        return self.composer.messages(for: markdown)
    }

    /// A line of the bot's own with what can be chosen at it: buttons below its last message, and the commands in words
    /// where the room shows no buttons and the line does not name them.
    func lines(for markdown: String, offering buttons: [MessageButton]) -> [Line] {
        var text = markdown
        if !self.traits.capabilities.contains(.buttons) {
            let sign = self.traits.commandPrefix
            let words = buttons.filter { !markdown.contains("\(sign)\($0.command)`") }
                .map { "`\(sign)\($0.command)` (\($0.label))" }
            if !words.isEmpty { text += "\n\nType \(words.joined(separator: " or "))." }
        }
        let messages = self.messages(for: text)
        return messages.enumerated().map { index, text in
            Line(text: text, buttons: index == messages.count - 1 ? buttons : [])
        }
    }

    /// One message of a line of the bot's own.
    struct Line: Sendable, Equatable {
        let text: String
        let buttons: [MessageButton]
    }

    private mutating func take(_ markdown: ArraySlice<UInt8>, upTo end: Int) -> [String] {
        self.consumed = end
        var messages = self.composer.messages(for: String(decoding: markdown, as: UTF8.self))
        self.count += messages.count
        if self.count > self.traits.answerMessages {
            self.isShortened = true
            let before = self.count - messages.count
            messages = Array(messages.prefix(max(0, self.traits.excerptMessages - before)))
        }
        return messages
    }
}
