internal import Host

/// The whole program, from its arguments to an exit status.
struct Program: Sendable {
    let words: [String]
    let table: CommandTable
    let output: Terminal
    let errors: Terminal
    let surroundings: Surroundings

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

    private func perform() async throws {
        switch try ArgumentParser.parse(self.words, table: self.table) {
        case .help(let path):
            try self.output.write(HelpText(table: self.table, output: self.output).text(of: path))
        case .later(let name):
            throw CommandFailure.later(name)
        case .run(let syntax, let arguments):
            let context = CommandContext(
                path: syntax.path, arguments: arguments, output: self.output, errors: self.errors,
                surroundings: self.surroundings, table: self.table)
            try await self.table.command(syntax)?.run(context)
        }
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
