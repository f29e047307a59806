internal import Glibc
internal import Host
internal import Lifecycle

@main
struct Jetbridge {
    static func main() async {
        let words = Array(CommandLine.arguments.dropFirst())
        if let command = words.first, ["serve", "chat"].contains(command) {
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
        exit(await program.run().rawValue)
    }
}
