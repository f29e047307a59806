internal import Glibc
internal import Host
internal import Lifecycle
internal import Logging

@main
struct Jetbridge {
    // Not an async main: the main thread would then wait in sigsuspend(2) with every signal let through, and take those
    // that the host waits for with their default action.
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        if let command = words.first, ["serve", "chat", "proxy"].contains(command) {
            // Before any thread is there, so that no thread takes a signal that the command waits for.
            Signals.prepare()
        } else {
            signal(SIGPIPE, SIG_IGN)
            // The other commands have nothing to put in order.
            signal(SIGINT) { _ in _exit(ExitStatus.interrupted.rawValue) }
        }
        let surroundings = Surroundings.ofProcess()
        let program = Program(
            words: words, table: .standard,
            output: Terminal(descriptor: STDOUT_FILENO, environment: surroundings.environment),
            errors: Terminal(descriptor: STDERR_FILENO, environment: surroundings.environment),
            surroundings: surroundings)
        // The whole program; it ends the process, and the main thread only waits.
        Task.detached {
            let status = await program.run()
            Logging.flush()
            // Not exit(3): among what it runs, OpenSSL's cleanup frees what belongs to every thread, and a thread that ends
            // just then (the store's last does) frees its own as well, which aborts the process. Nothing waits in
            // stdio's buffers.
            _exit(status.rawValue)
        }
        while true { pause() }
    }
}
