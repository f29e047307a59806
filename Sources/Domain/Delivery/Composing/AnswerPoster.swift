package import Chat
internal import Markdown
internal import Threads

/// Follows a growing answer and returns the messages that are due: whole finished paragraphs where nothing can be
/// edited, previews where it can. Pure.
package struct AnswerPoster {
    let composer: Composer
    /// For answers and notes, not for a command's output.
    private let lineComposer: Composer
    /// Whether several lines are one message where the room takes that; otherwise each is.
    package var joinsLines = true
    package let traits: RoomTraits
    private var blocks = MarkdownBlocks()
    /// The number of bytes of the answer that are already in messages.
    private var consumed = 0
    private(set) var count = 0
    /// The answer is too long for this room: an excerpt and a link replace it.
    package var isShortened = false
    /// What a command has written, where the answer is a command's output: then its beginning and end are shown.
    package var output: OutputExcerpt?
    /// Lines of ``output`` that are in messages already.
    var shownLines = 0
    /// Writes those lines, and remembers of which stream the last one was.
    var writer = OutputWriter()

    package init(traits: RoomTraits, renderer: any MessageRenderer) {
        self.traits = traits
        self.composer = Composer(traits: traits, renderer: renderer)
        self.lineComposer = Composer(traits: traits.ofLines, renderer: renderer)
    }

    package var canAppend: Bool { !self.traits.capabilities.contains(.transcript) && !self.isGrowing }

    /// Messages for the paragraphs that are finished after `piece` was added to `answer`.
    package mutating func append(_ piece: String, to answer: [UInt8]) -> [String] {
        guard self.canAppend, !self.isShortened else { return [] }
        self.blocks.append(piece.utf8)
        let end = self.blocks.stableEnd
        guard end > self.consumed else { return [] }
        return self.take(answer[self.consumed..<end], upTo: end)
    }

    /// Messages for the rest of a complete answer.
    package mutating func rest(of answer: [UInt8]) -> [String] {
        guard !self.traits.capabilities.contains(.transcript) else { return [] }
        if self.output != nil { return self.restOfOutput() }
        guard !self.isShortened else { return [] }
        return self.take(answer[self.consumed...], upTo: answer.count)
    }

    /// Whether a growing answer is shown, by edits or as a draft.
    package var isGrowing: Bool {
        let capabilities = self.traits.capabilities
        return !capabilities.isDisjoint(with: [.edits, .drafts]) && !capabilities.contains(.transcript)
    }

    /// Whether something that goes on can be followed: in a message that grows, or in live frames.
    package var canFollow: Bool { self.isGrowing || self.traits.capabilities.contains(.transcript) }

    /// Whether a growing answer is shown as a draft, which vanishes by itself.
    package var isDrafting: Bool { self.traits.capabilities.contains(.drafts) }

    /// The messages of the answer so far, for a room where they can be edited. Text over the limit is not shown,
    /// because the final text will be an excerpt.
    func preview(of answer: [UInt8]) -> [String] {
        if let output = self.output { return self.fitted(output).messages }
        return self.beginning(of: answer).messages
    }

    /// As many messages of an answer, or of a part of one, as a room shows; whether there is more.
    private func beginning(of answer: [UInt8]) -> (messages: [String], isCut: Bool) {
        // Rendering all of a very long answer again and again would show nothing more.
        let visible = answer.prefix(4 * self.traits.textLimit * self.traits.answerMessages)
        let messages = self.composer.messages(for: String(decoding: visible, as: UTF8.self))
        let isCut = visible.count < answer.count || messages.count > self.traits.answerMessages
        return (Array(messages.prefix(self.traits.answerMessages)), isCut)
    }

    /// The messages of an answer so far that others divide: each part has messages of its own.
    func preview(of answer: [UInt8], dividedAt divisions: AnswerDivisions) -> DividedMessages {
        let (parts, last) = Self.parts(of: answer, dividedAt: divisions.ends)
        return DividedMessages(
            parts: parts.map { self.beginning(of: $0).messages }, last: last.isEmpty ? [] : self.preview(of: last),
            divisions)
    }

    /// The messages of a complete answer that others divide. The last part may become an excerpt; of the others, which are
    /// shown already, only as much is as before.
    package mutating func rest(of answer: [UInt8], dividedAt divisions: AnswerDivisions) -> DividedMessages {
        let (parts, last) = Self.parts(of: answer, dividedAt: divisions.ends)
        let begun = parts.map { self.beginning(of: $0) }
        let rest = last.isEmpty ? [] : self.rest(of: last)
        if begun.contains(where: { $0.isCut }) { self.isShortened = true }
        return DividedMessages(parts: begun.map { $0.messages }, last: rest, divisions)
    }

    private static func parts(of answer: [UInt8], dividedAt divisions: [Int]) -> (parts: [[UInt8]], last: [UInt8]) {
        guard let last = divisions.last else { return ([], answer) }
        let parts = zip([0] + divisions, divisions).map { Array(answer[$0..<$1]) }
        return (parts, Array(answer[last...]))
    }

    /// Messages for a note of the bot, not more than for an answer: notes go before other threads' answers.
    package func messages(for markdown: String) -> [String] {
        guard !self.traits.capabilities.contains(.transcript) else { return [] }
        let messages = self.lineComposer.messages(for: markdown)
        guard messages.count > self.traits.answerMessages else { return self.posts(of: messages) }
        return self.posts(
            of: messages.prefix(self.traits.answerMessages - 1) + self.composer.messages(for: TurnTexts.restLeftOut))
    }

    /// A note of the bot with choices: buttons below its last message, or the commands in words where the room has no
    /// buttons and the note does not name them.
    package func lines(for markdown: String, offering buttons: [MessageButton]) -> [Line] {
        var text = markdown
        if !self.traits.capabilities.contains(.buttons) {
            let sign = self.traits.sign
            let unnamed = buttons.filter { !markdown.contains(sign.command($0.command)) }
            if !unnamed.isEmpty { text += "\n\n" + TurnTexts.choices(unnamed, sign: sign) }
        }
        let messages = self.messages(for: text)
        return messages.enumerated().map { index, text in
            Line(text: text, buttons: index == messages.count - 1 ? buttons : [])
        }
    }

    /// One message of a note.
    package struct Line: Sendable, Equatable {
        package let text: String
        package let buttons: [MessageButton]
    }

    private func posts(of lines: [String]) -> [String] { self.joinsLines ? self.traits.posts(of: lines) : lines }

    private mutating func take(_ markdown: ArraySlice<UInt8>, upTo end: Int) -> [String] {
        let lines = self.takeLines(markdown, upTo: end)
        return self.posts(of: lines)
    }

    // Change: when an answer becomes a file
    private mutating func takeLines(_ markdown: ArraySlice<UInt8>, upTo end: Int) -> [String] {
        self.consumed = end
        let text = String(decoding: markdown, as: UTF8.self)
        let messages = self.lineComposer.messages(for: text)
        let before = self.count
        self.count += messages.count
        let blocks = CodeBlock.all(in: text, longerThan: self.traits.codeLines)
        guard self.count > self.traits.answerMessages || !blocks.isEmpty else { return messages }
        self.isShortened = true
        // A file with nothing but the code lacks the words around it, so the thread has them all.
        if before == 0, self.traits.capabilities.contains(.files), let code = AnswerFile.mainCode(of: text) {
            let excerpt = self.composer.messages(for: code.excerpt(lines: self.traits.excerptLines))
            return Array(excerpt.prefix(self.traits.answerMessages))
        }
        return Array(
            self.lineComposer.messages(for: text, lines: self.traits.excerptLines)
                .prefix(max(0, self.traits.excerptMessages - before)))
    }
}
