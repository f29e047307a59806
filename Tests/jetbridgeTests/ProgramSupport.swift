import Host
import Primitives

@testable import jetbridge

/// The result of a run of the whole program.
struct ProgramResult {
    let status: ExitStatus
    let output: String
    let errors: String
}

/// Runs the program with these words, isolated from the real environment and current directory.
func run(
    _ words: String..., environment: [String: String] = [:], directory: String = "/nonexistent"
) async -> ProgramResult {
    await run(words, environment: environment, directory: directory)
}

/// Runs the program with these words, isolated from the real environment and current directory.
func run(
    _ words: [String], environment: [String: String] = [:], directory: String = "/nonexistent"
) async -> ProgramResult {
    let output = Protected([UInt8]())
    let errors = Protected([UInt8]())
    let program = Program(
        words: words, table: .standard, output: Terminal { bytes in output.withLock { $0 += bytes } },
        errors: Terminal { bytes in errors.withLock { $0 += bytes } },
        surroundings: Surroundings(
            environment: ["HOME": "/nonexistent"].merging(environment) { $1 }, currentDirectory: directory))
    let status = await program.run()
    return ProgramResult(
        status: status, output: output.withLock { String(decoding: $0, as: UTF8.self) },
        errors: errors.withLock { String(decoding: $0, as: UTF8.self) })
}
