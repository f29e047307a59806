internal import EventLoop
internal import Sandbox

/// The shell of a jail that keeps its state from command to command; see ``ShellScript``.
@Net
final class PersistentShell {
    private(set) var tree = TreeState()
    private(set) var id: UInt32 = 0
    let pipes: CommandPipes

    /// The report about the command that ``begin(_:onChange:)`` began.
    private(set) var report: ShellReport?
    /// Something else than a report arrived; the shell can't be trusted any more.
    private(set) var isInvalid = false

    /// Between ``begin(_:onChange:)`` and ``finish()``.
    private(set) var isBusy = false

    private let socket: SandboxPipe
    private var nonce = ""
    private var script: [UInt8] = []
    private var sent = 0
    private var received: [UInt8] = []
    private var onChange: (@Net () -> Void)?

    init(in jail: LiveJail, directory: String, environment: [String]) throws {
        let (pipes, remote) = try CommandPipes.open(for: jail.identity)
        self.pipes = pipes
        let socket: SandboxPipe
        let socketRemote: Int32
        do {
            (socket, socketRemote) = try SandboxPipe.socket()
        } catch {
            CommandPipes.close(remote)
            throw error
        }
        self.socket = socket
        socket.onChange = { [weak self] in self?.onChange?() }
        let tree = SandboxTree(kind: .shell, directory: directory, text: "", environment: environment)
        self.id = jail.start(tree, descriptors: [socketRemote] + remote) { [weak self] event in
            self?.tree.handle(event)
            self?.onChange?()
        }
    }

    /// Begins a command; `onChange` is called when ``step()`` may have something to do.
    func begin(_ text: String, onChange: @escaping @Net () -> Void) {
        self.isBusy = true
        self.onChange = onChange
        self.nonce = ShellScript.nonce()
        self.script = ShellScript.script(for: text, nonce: self.nonce)
        self.sent = 0
        self.report = nil
        self.received = []
    }

    /// Sends what is left of the script and reads what the shell reports.
    func step() {
        if self.sent < self.script.count {
            // A failure to write means that the shell has ended, which its tree reports.
            self.sent += self.socket.write(self.script, from: self.sent) ?? 0
        }
        guard self.socket.isReadable, !self.isInvalid else { return }
        while case .bytes(let bytes) = self.socket.read() { self.received += bytes }
        switch ShellReport.reading(self.received, nonce: self.nonce) {
        case .incomplete: break
        case .invalid: self.isInvalid = true
        case .report(let report): self.report = report
        }
    }

    /// Forgets the command.
    func finish() {
        self.isBusy = false
        self.onChange = nil
        self.script = []
        self.sent = 0
        self.received = []
    }

    func close() {
        self.finish()
        self.pipes.close()
        self.socket.close()
    }
}
