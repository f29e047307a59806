import Jail
import TestSupport
import Testing

@testable import Files
@testable import Reading

@Suite("How a conversion ends")
struct ReadingJailTests {
    @Test(
        "the end of a conversion says what was wrong",
        arguments: [
            (ShellExit.Status.exited(3), ReadingTexts.damaged), (.exited(5), ReadingTexts.locked),
            (.exited(6), ReadingTexts.tooManyPixels), (.exited(4), ReadingTexts.archive),
            (.exited(1), ReadingTexts.tooMuchMemory), (.exited(2), ReadingTexts.damaged),
            (.timedOut, ReadingTexts.tooSlow),
            (.signalled(24), ReadingTexts.tooSlow), (.signalled(9), ReadingTexts.tooMuchMemory),
            (.limit("memory"), ReadingTexts.tooMuchMemory), (.outputLimit, ReadingTexts.tooMuch),
            (.signalled(11), ReadingTexts.damaged),
            (.lost("its first process ended"), "it could not be opened: its first process ended"),
        ])
    func endings(status: ShellExit.Status, reason: String) {
        expectEqual(
            #expect(throws: FileFailure.self) { try ReadingJail.output([], status, isText: false) }?.reason, reason)
    }

    @Test("what was read until the limit of the output is kept; a stopped conversion stops its turn")
    func cut() throws {
        try expectEqual(
            ReadingJail.output([65], .outputLimit, isText: true), ReadingJail.Output(bytes: [65], isCut: true))
        try expectEqual(
            ReadingJail.output([65], .exited(0), isText: true), ReadingJail.Output(bytes: [65], isCut: false))
        #expect(throws: CancellationError.self) { try ReadingJail.output([], .stopped, isText: true) }
    }

    @Test("a missing program is named with its package")
    func missing() {
        expectEqual(
            ReadingTexts.missing(ReadingProgram.picture.needs),
            "this host lacks `vipsthumbnail` and `vipsheader` (Debian's libvips-tools)")
    }
}
