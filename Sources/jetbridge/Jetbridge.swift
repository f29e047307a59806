internal import Glibc
internal import Host
internal import Lifecycle
internal import Logging
internal import Processes

@main
struct Jetbridge {
    // Not an async main: the main thread would then wait in sigsuspend(2) with no signal blocked, and signals that the
    // host waits for would take their default action.
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        let surroundings = Surroundings.ofProcess()
        let call = ProgramCall(words, table: .standard, surroundings: surroundings)
        if call != nil {
            ForegroundProgram.prepare()
        } else if CommandTable.standard.watchesSignals(words) {
            // Before any thread exists, so that no thread receives a signal that the command waits for.
            Signals.prepare()
        } else {
            signal(SIGPIPE, SIG_IGN)
            // The other commands have nothing to clean up.
            signal(SIGINT) { _ in _exit(ExitStatus.interrupted.rawValue) }
        }
        // Commands report to people; those that serve configure the log themselves.
        Logging.configure(level: .error, format: .text)
        let program = Program(
            words: words, table: .standard,
            output: Terminal(descriptor: STDOUT_FILENO, environment: surroundings.environment),
            errors: Terminal(descriptor: STDERR_FILENO, environment: surroundings.environment),
            surroundings: surroundings, call: call)
        // Runs the whole program and ends the process; the main thread only waits.
        Task.detached {
            let status = await program.run()
            Logging.flush()
            // Not exit(3): exit handlers of libraries free what threads still use. stdio's buffers are empty.
            _exit(status.rawValue)
        }
        while true { pause() }
    }
}
