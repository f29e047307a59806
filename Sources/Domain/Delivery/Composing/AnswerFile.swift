internal import Files
internal import Primitives
internal import Threads

/// The file with the whole of an answer that is too long for its room. Pure, so that it is rebuilt from the transcript.
struct AnswerFile: Equatable {
    let name: String
    let mediaType: String
    let bytes: [UInt8]
    /// One line next to it, in plain text: no network reads Markdown there.
    let caption: String
    /// An answer that is read aloud, in Ogg Opus.
    let isVoice: Bool

    init(_ answer: String) {
        if let main = Self.mainCode(of: answer) {
            self.name = "answer.\(Self.fileExtension(for: main.block.language))"
            self.mediaType = "text/plain"
            self.bytes = Array(main.block.code.utf8)
            self.caption = TurnTexts.wholeCode
        } else {
            self.name = "answer.md"
            self.mediaType = "text/markdown"
            self.bytes = Array(answer.utf8)
            self.caption = TurnTexts.wholeAnswer
        }
        self.isVoice = false
    }

    /// The whole output of a command, without the transcript's markup.
    init(output: String) {
        self.name = "output.txt"
        self.mediaType = "text/plain"
        self.bytes = Array(OutputWriter.plain(output).utf8)
        self.caption = TurnTexts.wholeOutput
        self.isVoice = false
    }

    /// A file of a workspace, or an answer that is read aloud, kept at `path` under a name that begins with `sent-` or
    /// ``FileTexts/saidPrefix`` and the operation.
    init(stored bytes: [UInt8], path: String) {
        let stored = path.split(separator: "/").last.map(String.init) ?? ""
        self.name = stored.split(separator: "-", maxSplits: 2).last.map(String.init) ?? stored
        self.bytes = bytes
        guard !stored.hasPrefix(FileTexts.saidPrefix) else {
            self.mediaType = FileType.sniff(bytes).mediaType
            self.isVoice = self.mediaType == FileType.ogg.mediaType
            self.caption = self.isVoice ? "" : self.name
            return
        }
        self.mediaType = String(validating: bytes, as: UTF8.self) == nil ? "application/octet-stream" : "text/plain"
        self.caption = self.name
        self.isVoice = false
    }

    /// A code block that is nearly all of an answer, and the words around it.
    struct MainCode: Equatable {
        let block: CodeBlock
        /// With the line that opens the block, and the one that closes it.
        let before: String
        let after: String

        /// The answer with only the first lines of the block.
        func excerpt(lines: Int) -> String {
            let lines = self.block.code.split(separator: "\n", maxSplits: lines, omittingEmptySubsequences: false)
            return self.before + lines.dropLast().joined(separator: "\n") + "\n…\n" + self.after
        }
    }

    /// At most this much of an answer, in bytes, surrounds its main code block.
    private static let surroundings = 1_000
    /// In lines; a shorter block fits into the thread.
    private static let least = 40

    static func mainCode(of answer: String) -> MainCode? {
        let blocks = CodeBlock.all(in: answer, longerThan: Self.least)
        guard blocks.count == 1, let block = blocks.first,
            answer.utf8.count - block.code.utf8.count <= Self.surroundings,
            // Not verbatim where it is part of a list or a quote.
            let start = WordSearch(block.code).firstPlace(in: answer.utf8)
        else { return nil }
        let lower = answer.utf8.index(answer.startIndex, offsetBy: start)
        let upper = answer.utf8.index(lower, offsetBy: block.code.utf8.count)
        return MainCode(block: block, before: String(answer[..<lower]), after: String(answer[upper...]))
    }

    private static let extensions = [
        "bash": "sh", "shell": "sh", "sh": "sh", "zsh": "sh", "python": "py", "py": "py", "javascript": "js",
        "js": "js",
        "typescript": "ts", "ts": "ts", "rust": "rs", "ruby": "rb", "kotlin": "kt", "csharp": "cs", "c#": "cs",
        "c++": "cpp", "cpp": "cpp", "objective-c": "m", "markdown": "md", "md": "md", "yaml": "yml", "perl": "pl",
        "haskell": "hs", "text": "txt", "plaintext": "txt", "console": "txt", "": "txt",
    ]

    private static func fileExtension(for language: String) -> String {
        if let known = Self.extensions[language] { return known }
        // `swift`, `go`, `java`, `sql`, `json`: the language's name is the extension.
        let isPlain = language.utf8.count <= 8 && language.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return isPlain ? language : "txt"
    }
}
