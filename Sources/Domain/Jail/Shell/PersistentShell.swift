internal import EventLoop
internal import Sandbox

/// The shell of a jail that keeps its state from command to command. Each command is a process of its own, which gets
/// the state that the one before has written at its end; see ``ShellState``.
@Net
final class PersistentShell {
    /// All commands write here, and what they leave running does so later.
    let pipes: CommandPipes
    private let remote: [Int32]
    private let isBash: Bool
    private var state: ShellState?
    /// Of commands that have processes.
    private(set) var trees: Set<UInt32> = []
    private(set) var isBusy = false

    init(in jail: LiveJail, isBash: Bool) throws {
        (self.pipes, self.remote) = try CommandPipes.open(for: jail.identity)
        self.isBash = isBash
    }

    /// The exported variables after the last command, each `NAME=VALUE`; nil before the first.
    var variables: [String]? { self.state?.variables }

    /// Begins a command. `usual` are the variables of the first one.
    func begin(
        _ text: String, in jail: LiveJail, directory: String, usual: [String], onChange: @escaping @Net () -> Void
    ) throws -> Command {
        let (pipe, remote) = try SandboxPipe.output(owner: nil, isLarge: true)
        let command = Command(pipe)
        var descriptors: [Int32] = []
        do {
            for each in self.remote { descriptors.append(try SandboxPipe.duplicate(remote: each)) }
        } catch {
            CommandPipes.close(descriptors + [remote])
            pipe.close()
            throw error
        }
        let tree = SandboxTree(
            kind: .lasting, directory: directory, text: ShellState.driver(isBash: self.isBash),
            script: ShellState.script(for: text, after: self.state, directory: directory, isBash: self.isBash),
            // Only with its name in `PWD` does a shell know that it has come there by a link.
            environment: (self.state == nil ? usual : []) + ["PWD=\(directory)"])
        self.isBusy = true
        let id = jail.start(tree, descriptors: descriptors + [remote]) { [weak self] event in
            command.tree.handle(event)
            if command.tree.isOver { self?.trees.remove(command.id) }
            onChange()
        }
        command.id = id
        self.trees.insert(id)
        return command
    }

    /// Ends a command; the directory of the next one, nil if the command has written no state.
    func finish(_ command: Command) -> ShellState? {
        self.isBusy = false
        command.close()
        // What it has left behind keeps the command, for days perhaps.
        defer { command.written = [] }
        guard let state = ShellState(command.written, isBash: self.isBash) else { return nil }
        self.state = state
        return state
    }

    func close() {
        self.pipes.close()
        CommandPipes.close(self.remote)
    }

    /// A running command.
    @Net
    final class Command {
        fileprivate(set) var id: UInt32 = 0
        fileprivate(set) var tree = TreeState()
        fileprivate(set) var written: [UInt8] = []
        private var isTooLong = false
        private let pipe: SandboxPipe

        init(_ pipe: SandboxPipe) {
            self.pipe = pipe
            pipe.onChange = { [weak self] in
                guard let self, self.pipe.isReadable else { return }
                self.read()
            }
        }

        private func read() {
            while !self.isTooLong, case .bytes(let bytes) = self.pipe.read() {
                guard self.written.count + bytes.count > ShellState.limit else {
                    self.written += bytes
                    continue
                }
                // It stays incomplete, and is no state. Nothing more is read: it may have no end.
                self.isTooLong = true
                self.pipe.close()
            }
        }

        func close() {
            // Also if the pipe does not know yet that there is more: the news of the command's end may come first.
            self.read()
            if !self.isTooLong { self.pipe.close() }
        }
    }
}
