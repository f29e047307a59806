import Testing

/// Runs the tests. Without this file, SwiftPM would look for tests of XCTest in an index of all sources, which the compiler
/// would have to write.
@main
struct XCTMain {
    static func main() async { await Testing.__swiftPMEntryPoint() as Never }
}
