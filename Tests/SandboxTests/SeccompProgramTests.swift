import Sandbox
import Testing

@Suite("Seccomp: programs")
struct SeccompProgramTests {
    @Test("a program consists of whole instructions")
    func size() throws {
        let bytes = try SeccompProgram.compile([SeccompRule("ptrace", reason: "test")])
        #expect(bytes.count > 16 && bytes.count % 8 == 0)
    }

    @Test("a misspelt system call is an error, because its rule would protect nothing")
    func unknown() {
        #expect(throws: SeccompError.self) { try SeccompProgram.compile([SeccompRule("ptrase", reason: "test")]) }
        #expect(throws: SeccompError.self) {
            try SeccompBoundary(newest: 450, allowedValues: ["personalty": [0]]).compile()
        }
    }

    @Test("an optional rule of an unknown system call is left out")
    func optional() throws {
        let rule = SeccompRule("ptrace", reason: "test")
        let absent = SeccompRule("no_such_call", isOptional: true, reason: "test")
        #expect(try SeccompProgram.compile([rule, absent]) == SeccompProgram.compile([rule]))
    }

    @Test("two conditions on one argument are an error, because libseccomp would ignore the rule")
    func twice() {
        let rule = SeccompRule(
            "personality", when: [.init(0, .notEqual(0)), .init(0, .notEqual(0xFFFF_FFFF))], reason: "test")
        #expect(throws: SeccompError.self) { try SeccompProgram.compile([rule]) }
    }

    @Test("the boundary ends with 'allow', and every skip stays inside of it")
    func boundary() throws {
        let bytes = try SeccompBoundary(newest: 450, allowedValues: ["personality": [0, 0xFFFF_FFFF]]).compile()
        let count = bytes.count / 8
        for index in 0..<count where bytes[index * 8] & 0x07 == 0x05 {
            let skip = Int(max(bytes[index * 8 + 2], bytes[index * 8 + 3]))
            #expect(index + 1 + skip < count)
        }
        #expect(bytes.suffix(8) == [0x06, 0, 0, 0, 0, 0, 0xFF, 0x7F])
    }
}
