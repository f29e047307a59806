internal import Agent
internal import Chat
internal import Extensions
internal import JSON
internal import Jail
internal import Primitives

/// What servers may do in a turn's thread while they are called: show how far they are, and ask.
struct ExtensionAskingInTurn: Sendable {
    let request: TurnRequest
    let thread: any TurnThread
    let pauses: TurnPauses
    /// Whether nobody else reads the thread.
    let isPrivate: @Sendable () async -> Bool
    /// The thread's workspace, for servers that see files.
    let workspace: @Sendable (_ server: String) async throws -> JailPlace?

    func caller(
        of intent: ToolIntent, _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> ExtensionCaller {
        try await self.caller(
            for: intent.call.tool.origin?.server ?? "", call: "\(intent.call.tool.name), call \(intent.call.id)",
            progress)
    }

    /// - Parameter call: What is called, for the person.
    func caller(
        for server: String, call: String, _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> ExtensionCaller {
        let count = Protected(0)
        return ExtensionCaller(session: self.request.session, workspace: try await self.workspace(server)) { question in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return await self.answer(to: question, during: "\(call), question \(number)")
        } progress: {
            progress(Self.words($0))
        }
    }

    static func words(_ progress: ExtensionProgress) -> String {
        let message = progress.message.map { $0.titled(60) } ?? ""
        let amount: String =
            if let total = progress.total, total > 0, progress.done >= 0, progress.done.isFinite, total.isFinite {
                "\(Int((min(1, progress.done / total) * 100).rounded())) %"
            } else if progress.done.isFinite, abs(progress.done) < 1e15 {
                "\(Int(progress.done))"
            } else {
                ""
            }
        return [amount, message].filter { !$0.isEmpty }.joined(separator: ", ")
    }

    func show(_ file: ExtensionResultText.File) async {
        // The text says that it is there; a thread that can't take it goes without.
        try? await self.thread.report(.file(TurnFile(name: file.name, bytes: file.bytes)))
    }

    /// - Parameter call: Makes the question one of its own: the same one asked again would get the earlier answer.
    private func answer(to question: ExtensionQuestion, during call: String) async -> ExtensionAnswer {
        // Whoever opens the address first may bind an account of theirs to it.
        if case .address = question.form, await !self.isPrivate() {
            try? await self.thread.report(.notice(ElicitationForm.needsPrivacy(question.server)))
            return .decline
        }
        let form: ElicitationForm
        do throws(ElicitationForm.Refused) { form = try ElicitationForm(question, call: call) } catch {
            try? await self.thread.report(.notice(error.notice))
            return .decline
        }
        self.pauses.begin()
        defer { self.pauses.end() }
        do {
            var asked = form.question
            // A mistyped field gets a line that says so, and the question is asked again.
            for _ in 0..<3 {
                let answer = try await self.thread.answer(to: asked, lifetime: nil)
                switch form.answer(answer.content) {
                case .done(let answer): return answer
                case .wrong(let problem): asked = form.again(problem)
                }
            }
            return .decline
        } catch {
            return .cancel
        }
    }
}
