import Glibc

/// `fuzz TARGET [libFuzzer's options]`; without a target it prints their names. Run by `scripts/check --fuzz`.
@main
struct Fuzz {
    static func main() {
        guard let name = CommandLine.arguments.dropFirst().first, let target = FuzzTarget(rawValue: name) else {
            for target in FuzzTarget.allCases { puts(target.rawValue) }
            exit(0)
        }
        Self.target = target
        var count = CommandLine.argc - 1
        var arguments = CommandLine.unsafeArgv + 1  // libFuzzer takes the name for the program's own
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                Fuzz.target.run(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            })
    }

    // Written before libFuzzer's loop begins, which is one thread.
    nonisolated(unsafe) private static var target = FuzzTarget.yaml
}

/// libFuzzer's entrance for programs with a main of their own; no header of the toolchain declares it.
@_silgen_name("LLVMFuzzerRunDriver")
private func LLVMFuzzerRunDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32
