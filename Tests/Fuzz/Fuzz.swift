import Glibc

/// `fuzz TARGET [libFuzzer options]`; without a target, prints the targets' names. Run by `scripts/check --fuzz`.
@main
struct Fuzz {
    static func main() {
        guard let name = CommandLine.arguments.dropFirst().first, let target = FuzzTarget(rawValue: name) else {
            for target in FuzzTarget.allCases { puts(target.rawValue) }
            exit(0)
        }
        Self.target = target
        var count = CommandLine.argc - 1
        var arguments = CommandLine.unsafeArgv + 1  // libFuzzer treats the target's name as the program's
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                Fuzz.target.run(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            })
    }

    // nonisolated(unsafe): written before libFuzzer's single-threaded loop begins.
    nonisolated(unsafe) private static var target = FuzzTarget.yaml
}

/// libFuzzer's entry point for programs with their own main; no header of the toolchain declares it.
@_silgen_name("LLVMFuzzerRunDriver")
private func LLVMFuzzerRunDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32
