internal import CEdit
internal import Glibc
internal import Primitives

/// One use of libedit. Stays on its thread.
@safe final class EditorSession {
    /// Lines.
    private static let historyLimit: Int32 = 500
    /// Makes terminals with bracketed paste mark pasted text; others ignore it.
    private static let pasteOn = "\u{1B}[?2004h"
    private static let pasteOff = "\u{1B}[?2004l"
    private static let pasteEnd: [UInt8] = Array("\u{1B}[201~".utf8)

    private let editor: OpaquePointer
    private let history: OpaquePointer
    private let historyPath: String?
    private let completions: [String]
    private let waiter: InputWaiter
    private var isInterrupted = false
    private var columns = TerminalSize.columns(of: STDERR_FILENO)

    /// Nil if libedit has no memory.
    init?(waiter: InputWaiter, historyPath: String?, completions: [String]) {
        cedit_use_utf8()
        guard let editor = unsafe cedit_init("jetbridge"), let history = unsafe history_init() else { return nil }
        unsafe self.editor = unsafe editor
        unsafe self.history = unsafe history
        self.waiter = waiter
        self.historyPath = historyPath
        self.completions = completions
        unsafe cedit_set_data(editor, Unmanaged.passUnretained(self).toOpaque())
        unsafe cedit_set_reader(editor) { editor, character in
            guard let scalar = unsafe EditorSession.of(editor)?.readScalar() else { return -1 }
            unsafe character?.pointee = wchar_t(bitPattern: scalar.value)
            return 1
        }
        unsafe cedit_set_prompt(editor) { editor in unsafe EditorSession.of(editor)?.promptPointer }
        self.bindKeys()
        unsafe cedit_limit_history(history, Self.historyLimit)
        if let historyPath { unsafe cedit_load_history(history, historyPath) }
        unsafe cedit_set_history(editor, history)
    }

    deinit {
        unsafe el_end(self.editor)
        unsafe history_end(self.history)
        unsafe free(self.promptPointer)
    }

    private static func of(_ editor: OpaquePointer?) -> EditorSession? {
        guard let editor = unsafe editor, let data = unsafe cedit_data(editor) else { return nil }
        return unsafe Unmanaged<EditorSession>.fromOpaque(data).takeUnretainedValue()
    }

    private func bindKeys() {
        unsafe cedit_set_emacs(self.editor)
        unsafe cedit_add_function(self.editor, "jetbridge-paste") { editor, _ in
            unsafe EditorSession.of(editor)?.paste() ?? UInt8(CC_ERROR)
        }
        unsafe cedit_add_function(self.editor, "jetbridge-complete") { editor, _ in
            unsafe EditorSession.of(editor)?.complete() ?? UInt8(CC_ERROR)
        }
        // The user's ~/.editrc first, so that it cannot override the paste key.
        unsafe el_source(self.editor, nil)
        for (keys, function) in [
            ("^[[200~", "jetbridge-paste"), ("\t", "jetbridge-complete"), ("^R", "em-inc-search-prev"),
            ("^W", "ed-delete-prev-word"), ("^[[1;5C", "em-next-word"), ("^[[1;5D", "ed-prev-word"),
        ] {
            unsafe cedit_bind(self.editor, keys, function)
        }
    }

    // MARK: Lines

    private var promptPointer: UnsafeMutablePointer<CChar>?

    func read(prompt: String) -> LineEditor.Input {
        unsafe free(self.promptPointer)
        unsafe self.promptPointer = strdup(prompt)
        self.isInterrupted = false
        self.resize()
        unsafe cedit_take_keys(self.editor)
        self.show(Self.pasteOn)
        var count: Int32 = 0
        let text = unsafe el_gets(self.editor, &count).map { unsafe String(cString: $0) }
        self.show(Self.pasteOff)
        if self.isInterrupted {
            self.show("^C\n")
            return .interrupted
        }
        guard let text, count > 0 else {
            self.show("\n")
            return .end
        }
        return .line(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }

    /// Adds a line to the history, also for later runs.
    func remember(_ text: String) {
        unsafe cedit_enter_history(self.history, text)
        guard let path = self.historyPath else { return }
        // libedit would empty the file first, and keep the mode of an existing one.
        let draft = "\(path).\(getpid()).new"
        // Without its history the conversation still works.
        guard unsafe cedit_save_history(self.history, draft) >= 0 else { return }
        unsafe chmod(draft, 0o600)
        unsafe rename(draft, path)
    }

    private func show(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
    }

    // MARK: Input

    /// Nil after an interruption and at the end of the input.
    private func readScalar() -> Unicode.Scalar? {
        guard let first = self.readByte() else { return nil }
        var bytes = [first]
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
        while bytes.count < length, let next = self.readByte() { bytes.append(next) }
        return String(decoding: bytes, as: UTF8.self).unicodeScalars.first
    }

    private func readByte() -> UInt8? {
        while true {
            guard self.waiter.wait(for: STDIN_FILENO) else {
                self.isInterrupted = true
                return nil
            }
            var byte: UInt8 = 0
            let count = unsafe Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count == 1 else { return nil }
            self.resize()
            return byte
        }
    }

    /// Needed because the terminal's signal goes to another thread.
    private func resize() {
        let columns = TerminalSize.columns(of: STDERR_FILENO)
        guard columns != self.columns else { return }
        self.columns = columns
        unsafe el_resize(self.editor)
    }

    // MARK: Keys

    /// Inserts everything up to the end of the paste: its line feeds must not send the line.
    private func paste() -> UInt8 {
        var bytes: [UInt8] = []
        while !bytes.hasSuffix(Self.pasteEnd) {
            guard let byte = self.readByte() else { return UInt8(CC_EOF) }
            bytes.append(byte)
        }
        let text = Self.cleaned(String(decoding: bytes.dropLast(Self.pasteEnd.count), as: UTF8.self))
        guard !text.isEmpty else { return UInt8(CC_NORM) }
        return unsafe el_insertstr(self.editor, text) == 0 ? UInt8(CC_REFRESH) : UInt8(CC_ERROR)
    }

    /// Terminals send a carriage return for each line feed of a paste. Other control characters would act as keys.
    static func cleaned(_ text: String) -> String {
        var result = ""
        for scalar in text.replacing("\r\n", with: "\n").unicodeScalars {
            switch scalar {
            case "\r", "\n": result += "\n"
            case "\t": result += "    "
            case _ where scalar.properties.generalCategory == .control: break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private func complete() -> UInt8 {
        guard let line = unsafe el_line(self.editor)?.pointee, let start = unsafe line.buffer,
            let cursor = unsafe line.cursor
        else { return UInt8(CC_ERROR) }
        let typed = unsafe String(
            decoding: UnsafeRawBufferPointer(start: start, count: cursor - start), as: UTF8.self)
        let completion = LineCompletion(of: typed, among: self.completions)
        if !completion.inserted.isEmpty {
            unsafe el_insertstr(self.editor, completion.inserted)
            return UInt8(CC_REFRESH)
        }
        guard !completion.candidates.isEmpty else { return UInt8(CC_REFRESH_BEEP) }
        self.show("\n\(completion.candidates.joined(separator: "  "))\n")
        return UInt8(CC_REDISPLAY)
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ suffix: [UInt8]) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}

/// What Tab does at the end of a typed text: inserts what all matching words have in common, or lists them.
struct LineCompletion: Equatable {
    /// A space follows if only one word matches.
    let inserted: String
    /// The matching words, if there is nothing to insert.
    let candidates: [String]

    init(of typed: String, among words: [String]) {
        let matching = typed.isEmpty ? [] : words.filter { $0.hasPrefix(typed) }
        guard let first = matching.first else {
            self.inserted = ""
            self.candidates = []
            return
        }
        let common = matching.dropFirst().reduce(first) { common, word in
            String(zip(common, word).prefix { $0 == $1 }.map(\.0))
        }
        self.inserted = String(common.dropFirst(typed.count)) + (matching.count == 1 ? " " : "")
        self.candidates = self.inserted.isEmpty ? matching : []
    }
}
