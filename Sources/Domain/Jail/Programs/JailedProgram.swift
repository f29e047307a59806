package import EventLoop
internal import Primitives
internal import Sandbox

/// One program in a jail of its own. A socket is its standard input and output, so that no other process of the jail
/// can open that channel by a path. When it ends, or ``end()`` is called, no process of the jail is left.
@Net
package final class JailedProgram {
    /// The last lines of error output that are kept, in bytes.
    private static let errorBytes = 8 << 10
    /// The most bytes that wait to be written; more means that the program has stopped reading.
    private static let outgoingLimit = 64 << 20
    /// Printed by the shell before it becomes the program: it has read its own line, so what follows is the program's.
    private static let greeting = "ready\n"

    private let jail: LiveJail
    private let socket: SandboxPipe
    private let pipes: CommandPipes
    private var tree = TreeState()
    private var isReadingOn = false
    private var errors: [UInt8] = []
    private var outgoing: [[UInt8]] = []
    private var outgoingBytes = 0
    /// Bytes of the first one that are written.
    private var written = 0
    private var isClosed = false
    private var isEnding = false
    /// Wakes the only reader.
    private let changed = Wakeup()
    /// For ``end(patience:)``.
    private let over = Wakeup()

    /// Starts a jail and the program in it. Throws if the jail does not start; a program that fails to start has ended
    /// when it is first read.
    ///
    /// - Parameters:
    ///   - arguments: The program's path inside and its arguments.
    ///   - variables: Its whole environment.
    ///   - directory: As the jail sees it.
    package static func start(
        _ arguments: [String], variables: [String: String], directory: String = JailPlan.workspace, session: String,
        _ setup: JailSetup, _ place: JailPlace
    ) async throws(JailFailure) -> JailedProgram {
        let jail = try await LiveJail.start(session: session, setup, place)
        if let restriction = jail.restriction {
            await jail.close()
            throw JailFailure("the program needs room for its files, and \(restriction.reason)")
        }
        let program: JailedProgram
        do {
            program = try JailedProgram(in: jail, arguments, variables, directory)
        } catch {
            await jail.close()
            throw JailFailure("the program cannot be started: \(error)")
        }
        await program.waitForGreeting(within: setup.startLimit)
        return program
    }

    private init(
        in jail: LiveJail, _ arguments: [String], _ variables: [String: String], _ directory: String
    ) throws {
        let (pipes, remote) = try CommandPipes.open(for: jail.identity)
        let (socket, socketRemote): (SandboxPipe, Int32)
        do {
            (socket, socketRemote) = try SandboxPipe.socket()
        } catch {
            pipes.close()
            CommandPipes.close(remote)
            throw error
        }
        self.jail = jail
        self.socket = socket
        self.pipes = pipes
        let tree = SandboxTree(
            kind: .shell, directory: directory, text: "",
            environment: variables.map { "\($0.key)=\($0.value)" }.sorted())
        _ = jail.start(tree, descriptors: [socketRemote] + remote) { [weak self] event in
            self?.tree.handle(event)
            self?.changed.signal()
            self?.over.signal()
        }
        socket.onChange = { [weak self] in
            self?.flush()
            self?.changed.signal()
        }
        pipes.onChange { [weak self] in self?.readErrors() }
        self.write(Array(Self.script(arguments).utf8))
    }

    /// The shell's own streams are closed to the program: 0 and 9 are the socket, 7 and 8 the pipes.
    static func script(_ arguments: [String]) -> String {
        let words = arguments.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
        return "printf '\(Self.greeting.dropLast())\\n' >&9; exec \(words) >&9 2>&8 6>&- 7>&- 8>&- 9>&-\n"
    }

    private func waitForGreeting(within limit: Duration) async {
        var received: [UInt8] = []
        let timer = EventLoop.shared.schedule(after: limit) { [weak self] in self?.kill() }
        defer { timer.cancel() }
        while received.count < Self.greeting.utf8.count, !self.tree.isOver {
            let missing = Self.greeting.utf8.count - received.count
            if case .bytes(let bytes) = self.socket.read(upTo: missing) {
                received += bytes
            } else {
                await self.changed.wait()
            }
        }
    }

    // MARK: Traffic

    /// The program's next output; nil when it has ended, or the jail has.
    package func read() async -> [UInt8]? {
        while !self.isClosed {
            let isOver = self.tree.isOver || self.tree.exit != nil
            switch self.socket.read() {
            case .bytes(let bytes): return bytes
            case .end: return nil
            case .nothing:
                if isOver { return nil }
                await self.changed.wait()
            }
        }
        return nil
    }

    /// Writes to the program's input as it reads. Input that it never reads is dropped.
    package func write(_ bytes: [UInt8]) {
        guard !self.isClosed else { return }
        self.outgoingBytes += bytes.count
        guard self.outgoingBytes <= Self.outgoingLimit else { return self.kill() }
        self.outgoing.append(bytes)
        self.flush()
    }

    private func flush() {
        while let first = self.outgoing.first {
            guard let count = self.socket.write(first, from: self.written) else { return }
            self.written += count
            guard self.written == first.count else { return }
            self.outgoing.removeFirst()
            self.outgoingBytes -= first.count
            self.written = 0
        }
    }

    /// A piece of each pipe at a time: what runs in the jail may write faster than this reads, and the loop serves others.
    private func readErrors() {
        if case .bytes(let bytes) = self.pipes.errors.read() { self.errors += bytes }
        if self.errors.count > 2 * Self.errorBytes { self.errors.removeFirst(self.errors.count - Self.errorBytes) }
        _ = self.pipes.output.read()
        guard self.pipes.isReadable, !self.isReadingOn else { return }
        self.isReadingOn = true
        EventLoop.shared.schedule(after: .zero) { [weak self] in
            self?.isReadingOn = false
            self?.readErrors()
        }
    }

    // MARK: The end

    /// The end of the program's error output.
    package var errorOutput: String {
        for _ in 0..<16 where self.pipes.isReadable { self.readErrors() }
        return StreamSafeText.of(String(decoding: self.errors.suffix(Self.errorBytes), as: UTF8.self))
    }

    /// Why the jail ended, a clause: `it was over its limit of memory`. Nil while it runs, or when the host ended it.
    package var reason: String? {
        switch self.jail.end {
        case .limit(let limit): "it was over its limit of \(limit)"
        case .disk(let excess): excess.reason
        case .lost(let reason): reason
        case .stopped, nil: nil
        }
    }

    /// Ends every process of the jail at once.
    package func kill() { self.jail.kill(.stopped) }

    /// Closes the program's input, waits until it has ended by itself, at most for `patience`, and ends the jail.
    /// Returns when nothing of it is left, even if the task is cancelled. ``read()`` returns nil from then on.
    package func end(patience: Duration = .zero) async {
        guard !self.isEnding else { return await self.jail.close() }
        self.isEnding = true
        self.socket.close()
        if patience > .zero {
            var isLate = false
            let timer = EventLoop.shared.schedule(after: patience) { [over] in
                isLate = true
                over.signal()
            }
            while !self.tree.isOver, self.tree.exit == nil, !isLate { await self.over.wait() }
            timer.cancel()
        }
        self.isClosed = true
        await self.jail.close()
        self.pipes.close()
        self.changed.signal()
    }
}
