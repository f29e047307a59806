/// What init is asked to start: a main process, which together with its descendants is a tree.
package struct SandboxTree: Sendable, Equatable {
    package enum Kind: UInt8, Sendable {
        /// A shell that reads its script from a socket. Its streams: the socket, output, error output.
        case shell = 0
        /// A fresh shell for one text. Its streams: output, error output.
        case command = 1
        /// A command of the session's shell. Its streams: output, error output, and its descriptor 4, which takes the
        /// state for the next one; its descriptor 3 is ``SandboxTree/script``. What it leaves running stays.
        case lasting = 2
    }

    package let kind: Kind
    package let directory: String
    /// The command; empty for a shell.
    package let text: String
    /// Without NUL.
    package let script: [UInt8]
    /// Each `NAME=VALUE`.
    package let environment: [String]

    package init(kind: Kind, directory: String, text: String, script: [UInt8] = [], environment: [String]) {
        self.script = script
        self.kind = kind
        self.directory = directory
        self.text = text
        self.environment = environment
    }
}

/// How a main process ended.
package enum SandboxExit: Sendable, Equatable {
    case exited(Int)
    case killed(Int)
    /// It received a stop signal; its tree is then killed.
    case stopped(Int)
}

/// What init reports about a tree.
package enum SandboxTreeEvent: Sendable, Equatable {
    /// Nothing was started; the tree is gone.
    case failed(Stage, code: Int32)
    case ended(SandboxExit)
    /// None of its processes is left.
    case gone

    package enum Stage: UInt8, Sendable {
        case fork = 0
        case directory = 1
        case exec = 2
    }
}
