package import Chat
package import Store
internal import Threads

/// What the last answer of a thread was given of what was said beside its question.
package struct ContextReport: Sendable, Equatable {
    let state: ContextState?
    let lines: [TurnLine]
    /// Of the question and of its lines.
    let images: Int

    package init(state: ContextState?, lines: [TurnLine], images: Int) {
        self.state = state
        self.lines = lines
        self.images = images
    }

    package var text: String { SurroundingsTexts.text(of: self) }
}

extension Ledger {
    /// Nil for a thread without answers.
    package func contextReport(of thread: ThreadKey) throws -> ContextReport? {
        guard let session = try self.session(for: thread), let last = try self.lastAnswer(of: session.id) else {
            return nil
        }
        // What continues a turn has its lines.
        let turn = try self.turn(id: last.work) ?? last
        let context = try self.questionContext(of: turn)
        return ContextReport(state: context.state, lines: context.readLines, images: turn.images.count)
    }
}
