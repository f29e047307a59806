internal import Glibc
internal import Host

@main
struct Jetbridge {
    static func main() async {
        // A command that runs until it is stopped takes the signal over; the others have nothing to put in order.
        signal(SIGINT) { _ in _exit(ExitStatus.interrupted.rawValue) }
        let surroundings = Surroundings.ofProcess()
        let program = Program(
            words: Array(CommandLine.arguments.dropFirst()), table: .standard,
            output: Terminal(descriptor: STDOUT_FILENO, environment: surroundings.environment),
            errors: Terminal(descriptor: STDERR_FILENO, environment: surroundings.environment),
            surroundings: surroundings)
        exit(await program.run().rawValue)
    }
}
