internal import EventLoop
internal import Sandbox

/// One running command: moves its output to the reader until the command has ended, and stops it when it must.
@Net
final class RunningCommand {
    /// How the host is ending the command; the first reason counts.
    private(set) var stop: ShellExit.Status?
    /// Ends the command's processes.
    var onStop: (@Net () -> Void)?
    let changed = Wakeup()
    let begun = ContinuousClock.now

    private let output: @Sendable (ShellOutput) async throws -> Void
    /// Bytes that may still be delivered.
    private var remaining: Int
    private var isMuted = false
    private let timeout: Duration?
    private var timer: Timer?

    nonisolated init(_ command: ShellCommand, _ output: @escaping @Sendable (ShellOutput) async throws -> Void) {
        self.output = output
        self.remaining = command.outputLimit
        self.timeout = command.timeout
    }

    /// Starts the time limit.
    func begin() {
        guard let timeout = self.timeout, self.timer == nil else { return }
        self.timer = EventLoop.shared.schedule(after: timeout) { [weak self] in self?.stop(.timedOut) }
    }

    func stop(_ reason: ShellExit.Status) {
        guard self.stop == nil else { return }
        self.stop = reason
        self.onStop?()
        self.changed.signal()
    }

    func finish() {
        self.timer?.cancel()
        self.onStop = nil
    }

    /// Adds a line to the error output.
    func note(_ text: String) async { await self.deliver(Array("\(text)\n".utf8), .standardError) }

    /// Delivers output until `isOver`, and then what was written before that.
    ///
    /// The command may end before the pipe does: processes it left running may keep the pipe open and write for ever.
    func deliver(_ pipes: CommandPipes, until isOver: @Net () -> Bool) async {
        pipes.onChange { [changed] in changed.signal() }
        defer { pipes.onChange(nil) }
        while !isOver() {
            // A little of each in turn, so that a flood delays neither the other stream nor the look for the end. The
            // errors are read first but delivered last, so that they never come before what was written before them.
            let errors = pipes.errors.isReadable ? pipes.errors.read() : .nothing
            if pipes.output.isReadable { await self.move(pipes.output, .standardOutput) }
            if case .bytes(let bytes) = errors { await self.deliver(bytes, .standardError) }
            if !pipes.isReadable, !isOver() { await self.changed.wait() }
        }
        let rest = pipes.available
        await self.moveAll(rest.output, pipes.output, .standardOutput)
        await self.moveAll(rest.errors, pipes.errors, .standardError)
    }

    private func moveAll(_ count: Int, _ pipe: SandboxPipe, _ stream: ShellOutput.Stream) async {
        var rest = count
        while rest > 0 {
            let moved = await self.move(pipe, stream, upTo: rest)
            guard moved > 0 else { return }
            rest -= moved
        }
    }

    /// Moves one piece and returns its size; 0 if none is available.
    @discardableResult
    private func move(_ pipe: SandboxPipe, _ stream: ShellOutput.Stream, upTo limit: Int = .max) async -> Int {
        guard case .bytes(let bytes) = pipe.read(upTo: limit) else { return 0 }
        await self.deliver(bytes, stream)
        return bytes.count
    }

    private func deliver(_ bytes: [UInt8], _ stream: ShellOutput.Stream) async {
        let isTooMuch = bytes.count > self.remaining
        let piece = isTooMuch ? Array(bytes.prefix(self.remaining)) : bytes
        self.remaining -= piece.count
        if isTooMuch { self.stop(.outputLimit) }
        if !piece.isEmpty, !self.isMuted {
            do {
                try await Self.pass(ShellOutput(stream: stream, bytes: piece), to: self.output)
            } catch {
                // The output is no longer read, so the command is ended.
                self.isMuted = true
                self.stop(.stopped)
            }
        }
    }

    /// Off the loop, because the reader may decode and count.
    @concurrent
    nonisolated private static func pass(
        _ piece: ShellOutput, to output: @Sendable (ShellOutput) async throws -> Void
    ) async throws {
        try await output(piece)
    }
}

/// The host's ends of a command's output pipes.
@Net
final class CommandPipes {
    let output: SandboxPipe
    let errors: SandboxPipe

    init(_ output: SandboxPipe, _ errors: SandboxPipe) {
        self.output = output
        self.errors = errors
    }

    /// Makes the pipes; the caller owns the ends for the process.
    static func open(for identity: JailIdentity?) throws -> (pipes: CommandPipes, remote: [Int32]) {
        let owner = identity.map { (user: $0.user, group: $0.group) }
        let output = try SandboxPipe.output(owner: owner, isLarge: true)
        do {
            let errors = try SandboxPipe.output(owner: owner, isLarge: false)
            return (CommandPipes(output.pipe, errors.pipe), [output.remote, errors.remote])
        } catch {
            output.pipe.close()
            self.close([output.remote])
            throw error
        }
    }

    static func close(_ remote: [Int32]) { for descriptor in remote { SandboxPipe.close(remote: descriptor) } }

    var isReadable: Bool { self.output.isReadable || self.errors.isReadable }
    /// Bytes in the pipes now.
    var available: (output: Int, errors: Int) { (self.output.available, self.errors.available) }

    func onChange(_ body: (@Net () -> Void)?) {
        self.output.onChange = body
        self.errors.onChange = body
    }

    func close() {
        self.output.close()
        self.errors.close()
    }
}
