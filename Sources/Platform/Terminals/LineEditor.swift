internal import CEdit
internal import Glibc
internal import Primitives

/// Reads lines from the terminal with editing, history and completion, on a dedicated thread because libedit blocks.
///
/// Standard input and standard error must be a terminal that can move its cursor. A pasted text is one input, whatever
/// it contains.
package actor LineEditor {
    package enum Input: Sendable, Equatable {
        /// Without its final line feed; several lines if the text was pasted.
        case line(String)
        /// ``interrupt()`` was called.
        case interrupted
        /// Ctrl-D in an empty line, or the terminal is gone.
        case end
    }

    private nonisolated let executor = ThreadExecutor(name: "line-editor")
    private nonisolated let waiter = InputWaiter()
    private let historyPath: String?
    private let completions: [String]
    private let isRemembered: @Sendable (String) -> Bool
    private var session: EditorSession?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe self.executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - historyPath: Where lines are kept between runs, with mode 0600.
    ///   - completions: What Tab completes at the beginning of a line.
    ///   - isRemembered: Whether a line enters the history.
    package init(
        historyPath: String?, completions: [String], isRemembered: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.historyPath = historyPath
        self.completions = completions
        self.isRemembered = isRemembered
    }

    /// The next line. Cancelling the task ends it as ``Input/interrupted``.
    ///
    /// - Parameter prompt: May contain escape sequences between two bytes of value 1.
    package nonisolated func line(prompt: String) async -> Input {
        await withTaskCancellationHandler {
            await self.read(prompt: prompt)
        } onCancel: {
            self.waiter.wake()
        }
    }

    /// Discards the line that is being edited. Called on any thread.
    package nonisolated func interrupt() { self.waiter.wake() }

    private func read(prompt: String) -> Input {
        self.waiter.reset()
        // A cancellation before the reset would be lost.
        if Task.isCancelled { return .interrupted }
        if self.session == nil {
            self.session = EditorSession(
                waiter: self.waiter, historyPath: self.historyPath, completions: self.completions)
        }
        guard let session = self.session else { return .end }
        let input = session.read(prompt: prompt)
        if case .line(let text) = input, text.contains(where: { !$0.isWhitespace }), self.isRemembered(text) {
            session.remember(text)
        }
        return input
    }
}
