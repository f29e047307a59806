internal import Agent
internal import Chat
internal import Memory
internal import Primitives
internal import Repositories
internal import Store

/// What turns have proposed to remember, until they end. Lost in a restart, like any proposal that nobody answers.
final class MemoryProposals: Sendable {
    private let state = Protected<[String: MemoryProposal?]>([:])

    func open(_ turn: String) { self.state.withLock { $0[turn] = .some(nil) } }

    func isOpen(_ turn: String) -> Bool { self.state.withLock { $0[turn] != nil } }

    /// False if the turn has proposed something already.
    func add(_ proposal: MemoryProposal, of turn: String) -> Bool {
        self.state.withLock { state in
            guard case .some(nil) = state[turn] else { return false }
            state[turn] = proposal
            return true
        }
    }

    func close(_ turn: String) -> MemoryProposal? {
        self.state.withLock { $0.removeValue(forKey: turn) ?? nil }
    }
}

extension AgentWorker {
    /// Runs a turn that may propose something to remember, about which its person is asked when it is complete.
    func proposing(
        _ request: TurnRequest, _ run: () async throws -> TurnEnding
    ) async throws -> TurnEnding {
        self.proposals.open(request.id)
        let ending: TurnEnding
        do { ending = try await run() } catch {
            _ = self.proposals.close(request.id)
            throw error
        }
        let proposal = self.proposals.close(request.id)
        return ending == .complete ? proposal.map { .asked($0.parked) } ?? ending : ending
    }

    /// Carries out the answer to a proposal; nil for any other turn.
    func settled(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding? {
        guard let answered = request.answered, let proposal = MemoryProposal(answered) else { return nil }
        let text = try await proposal.reply(
            to: answered.answer.content, by: request.sender, as: request.role, in: self.store, at: WallClock.now())
        try await thread.report(.text(text))
        return .complete
    }

    /// Takes a proposal of the model. Returns why not.
    func propose(_ text: String, isHere: Bool, in request: TurnRequest, _ taint: TurnTaint) async throws -> String? {
        guard !text.isEmpty, text.utf8.count <= MemoryProposal.textLimit else {
            return "The text must have 1 to \(MemoryProposal.textLimit) bytes."
        }
        // A text that nobody here vouches for must not be what later prompts begin with.
        guard await !taint.isForeign() else {
            return
                "This turn has read text of others, so nothing is proposed. People can type it themselves: `remember TEXT`."
        }
        let repository = request.repository ?? self.repositories.defaultName
        if isHere, repository == nil { return "This thread has no repository." }
        let isClassed = !request.origins.isEmpty || self.classes.origin(of: repository) != nil
        guard isHere ? self.classes.mayEnter(request.origins, threadOf: repository) : !isClassed else {
            return
                "This thread has data of a class, which stays in its repository. Propose it with here, or not at all."
        }
        let now = WallClock.now()
        guard
            try await !self.store.read({ ledger in try MemoryProposal.isExhausted(request.session, in: ledger, at: now)
            })
        else { return "This thread has had \(MemoryProposal.dailyLimit) proposals within a day, which is enough." }
        let proposal = MemoryProposal(
            text: text, person: request.sender.id, repository: isHere ? repository : nil)
        return self.proposals.add(proposal, of: request.id) ? nil : "This turn has proposed something already."
    }
}
