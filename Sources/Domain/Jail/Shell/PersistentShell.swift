internal import EventLoop
internal import Sandbox

/// The shell of a jail that keeps its state from command to command; see ``ShellScript``.
@Net
final class PersistentShell {
    private(set) var tree = TreeState()
    private(set) var id: UInt32 = 0
    let pipes: CommandPipes

    private var reports = ShellReports()

    /// The report about the command that ``begin(_:onChange:)`` began.
    var report: ShellReports.Report? { self.reports.report }
    /// Something else than a report arrived; the shell can't be trusted any more.
    var isInvalid: Bool { self.reports.isInvalid }

    /// Between ``begin(_:onChange:)`` and ``finish()``.
    private(set) var isBusy = false

    /// Whether another command can begin.
    var isIdle: Bool { !self.isBusy && !self.isInvalid && !self.tree.isOver }
    /// Whether the command has ended by itself, and the shell continues.
    var hasEnded: Bool { self.report != nil && !self.isInvalid && !self.tree.isOver }

    private let socket: SandboxPipe
    private var script: [UInt8] = []
    private var sent = 0
    /// Called when ``hasEnded``, ``isInvalid`` or ``tree`` may have changed.
    var onChange: (@Net () -> Void)?
    private var onListed: [@Net () -> Void] = []

    init(in jail: LiveJail, directory: String, environment: [String]) throws {
        let (pipes, remote) = try CommandPipes.open(for: jail.identity)
        self.pipes = pipes
        let socket: SandboxPipe
        let socketRemote: Int32
        do {
            (socket, socketRemote) = try SandboxPipe.socket()
        } catch {
            pipes.close()
            CommandPipes.close(remote)
            throw error
        }
        self.socket = socket
        socket.onChange = { [weak self] in self?.exchange() }
        let tree = SandboxTree(kind: .shell, directory: directory, text: "", environment: environment)
        self.id = jail.start(tree, descriptors: [socketRemote] + remote) { [weak self] event in
            self?.tree.handle(event)
            self?.onChange?()
            self?.callListed()
        }
    }

    /// Begins a command; see ``onChange``.
    func begin(_ text: String, onChange: @escaping @Net () -> Void) {
        self.isBusy = true
        self.onChange = onChange
        let nonce = ShellScript.nonce()
        self.reports.expect(nonce)
        self.script = ShellScript.script(for: text, nonce: nonce)
        self.sent = 0
        self.send()
    }

    /// Whether the command may have run. Known once the shell has ended: it takes a script in one read, and what a
    /// closed socket has not read is an error for its other end.
    func mayHaveRun() -> Bool {
        self.exchange()
        _ = self.socket.read()
        return self.sent > 0 && !(self.socket.isReset && self.script.count <= Self.readAtOnce)
    }

    /// Half of what dash reads at once.
    private static let readAtOnce = 4 << 10

    /// Forgets the command.
    func finish() {
        self.isBusy = false
        self.onChange = nil
        self.script = []
        self.sent = 0
    }

    /// The exported variables after the last command that has ended, each `NAME=VALUE`; nil before the first. They
    /// are of an earlier command while ``isListing``.
    var variables: [String]? { self.reports.variables }

    /// Whether the shell is still sending ``variables``.
    var isListing: Bool { self.reports.isListing && !self.isInvalid && !self.tree.isOver }

    /// Calls `body` once, when ``isListing`` may have changed.
    func onListed(_ body: @escaping @Net () -> Void) { self.onListed.append(body) }

    private func send() {
        guard self.sent < self.script.count else { return }
        // A failure to write means that the shell has ended, which its tree reports.
        self.sent += self.socket.write(self.script, from: self.sent) ?? 0
    }

    private func exchange() {
        self.send()
        let hadReport = self.report != nil
        while self.socket.isReadable, case .bytes(let bytes) = self.socket.read() { self.reports.add(bytes) }
        // Not for the variables, which nobody waits for with the command.
        if self.isInvalid || !hadReport && self.report != nil { self.onChange?() }
        self.callListed()
    }

    private func callListed() {
        guard !self.onListed.isEmpty else { return }
        let bodies = self.onListed
        self.onListed = []
        for body in bodies { body() }
    }

    func close() {
        self.finish()
        self.pipes.close()
        self.socket.close()
        self.callListed()
    }
}
