internal import Glibc
internal import Host
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Processes

/// The whole program, from its arguments to an exit status.
struct Program: Sendable {
    let words: [String]
    let table: CommandTable
    let output: Terminal
    let errors: Terminal
    let surroundings: Surroundings
    /// Where the command is a program on the path.
    var call: ProgramCall?

    func run() async -> ExitStatus {
        do {
            try await self.perform()
            return .done
        } catch let error as UsageError {
            return self.end(error.description, .usage)
        } catch let error as CommandFailure {
            return self.end(error.message, error.status)
        } catch is CancellationError {
            return .interrupted
        } catch {
            return self.end("\(error)", .failed)
        }
    }

    /// Runs a program on the path, and ends as it does.
    private func end(with call: ProgramCall) async throws -> Never {
        let context = self.context([call.program.name], call.arguments, self.surroundings)
        let surroundings = try Self.actAsOwner(context)
        let status = try await call.run(
            surroundings.map { self.context(context.path, call.arguments, $0) } ?? context)
        Logging.flush()
        ForegroundProgram.end(as: status)
    }

    private func perform() async throws {
        if let call = self.call { try await self.end(with: call) }
        switch try ArgumentParser.parse(self.words, table: self.table) {
        case .help(let path):
            let table = path.isEmpty ? await self.table.withPrograms(self.surroundings) : self.table
            try self.output.write(HelpText(table: table, output: self.output).text(of: path))
        case .run(let syntax, let arguments):
            guard let command = self.table.command(syntax) else { return }
            let context = self.context(syntax.path, arguments, self.surroundings)
            let surroundings = try command.actsAsOwner ? Self.actAsOwner(context) : nil
            try await command.run(surroundings.map { self.context(syntax.path, arguments, $0) } ?? context)
        }
    }

    private func context(_ path: [String], _ arguments: Arguments, _ surroundings: Surroundings) -> CommandContext {
        CommandContext(
            path: path, arguments: arguments, output: self.output, errors: self.errors,
            surroundings: surroundings, table: self.table)
    }

    /// Where root is to act as the service's user: what the command sees then. Nil for other users, and for a data
    /// directory of root's.
    private static func actAsOwner(_ context: CommandContext) throws(HostError) -> Surroundings? {
        guard DataOwner.isPossible, let configuration = context.configurationLoader().load().configuration,
            let owner = try DataOwner.become(ownerOf: configuration.dataDirectory)
        else { return nil }
        var surroundings = context.surroundings
        // Root's own files are closed to the owner.
        surroundings.environment = surroundings.environment.filter { !$0.key.hasPrefix("XDG_") }
        surroundings.environment.merge(["HOME": owner.home, "USER": owner.name, "LOGNAME": owner.name]) { $1 }
        // libgit2 reads the process's own variables.
        setenv("HOME", owner.home, 1)
        unsetenv("XDG_CONFIG_HOME")
        return surroundings
    }

    private func end(_ message: String?, _ status: ExitStatus) -> ExitStatus {
        if let message {
            let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
            // If stderr is closed too, only the status can report the failure.
            try? self.errors.writeLine("\(self.errors.red("jetbridge:")) \(line)")
        }
        return status
    }
}
