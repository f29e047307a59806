internal import Sandbox

/// What is known about a tree, from its events.
struct TreeState: Equatable {
    private(set) var exit: SandboxExit?
    /// Nothing was started: the stage and errno.
    private(set) var failure: Failure?
    /// None of its processes is left.
    private(set) var isGone = false
    private(set) var isJailEnded = false

    struct Failure: Equatable {
        let stage: SandboxTreeEvent.Stage
        let code: Int32
    }

    var isOver: Bool { self.isGone || self.failure != nil || self.isJailEnded }

    mutating func handle(_ event: LiveJail.TreeEvent) {
        switch event {
        case .tree(.failed(let stage, let code)): self.failure = Failure(stage: stage, code: code)
        case .tree(.ended(let exit)): self.exit = exit
        case .tree(.gone): self.isGone = true
        case .jailEnded: self.isJailEnded = true
        }
    }
}
