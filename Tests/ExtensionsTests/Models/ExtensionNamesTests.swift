import Extensions
import Testing

@Suite struct ExtensionNamesTests {
    @Test(arguments: [
        ("search", "jira__search"),
        ("get_issue-2", "jira__get_issue-2"),
        ("issues.get", "jira__issues_get"),
        ("größe/ändern", "jira__gr__e__ndern"),
        (String(repeating: "a", count: 58), "jira__" + String(repeating: "a", count: 58)),
    ])
    func aNameIsThatOfTheServerAndTheTool(raw: String, shown: String) {
        #expect(ExtensionNames.shown([raw], of: "jira") == [raw: shown])
    }

    @Test func whatIsTooLongEndsWithADigest() throws {
        let raw = String(repeating: "a", count: 59)
        let name = try #require(ExtensionNames.shown([raw], of: "jira")[raw])
        #expect(name.count == 64)
        #expect(name.hasPrefix("jira__" + String(repeating: "a", count: 49) + "_"))
        // The beginning of what sha256sum says of the raw name.
        #expect(name.hasSuffix("_111bb261"))
    }

    @Test func changedNamesThatAreNotUniqueGetADigestInAnyOrder() {
        let names = ExtensionNames.shown(["a.b", "a/b", "a_b"], of: "x")
        #expect(names["a_b"] == "x__a_b")
        #expect(Set(names.values).count == 3)
        #expect(names["a.b"]?.hasPrefix("x__a_b_") == true)
        #expect(ExtensionNames.shown(["a_b", "a/b", "a.b"], of: "x") == names)
    }

    @Test func aKeptNameStaysWhateverComes() {
        let kept = ExtensionNames.shown(["a.b"], of: "x")
        #expect(kept == ["a.b": "x__a_b"])
        let names = ExtensionNames.shown(["a_b", "c"], of: "x", kept: kept)
        #expect(names["a.b"] == "x__a_b")
        #expect(names["a_b"]?.hasPrefix("x__a_b_") == true)
        #expect(names["c"] == "x__c")
    }

    @Test(arguments: ["find", "call", "resources", "read", ""])
    func noToolHasANameOfOurs(raw: String) throws {
        let name = try #require(ExtensionNames.shown([raw], of: "x")[raw])
        #expect(name.hasPrefix("x__\(raw)_"))
        #expect(name.count == raw.count + 12)
    }

    @Test func everyNameIsOneThatProvidersTake() {
        var random = SystemRandomNumberGenerator()
        let raw = (0..<500).map { _ in
            String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 0...140, using: &random)).compactMap { _ in
                        Unicode.Scalar(UInt32.random(in: 0...0x24F, using: &random))
                    }))
        }
        let names = ExtensionNames.shown(raw, of: "a-server-with-a-long-name")
        #expect(Set(names.values).count == Set(raw).count)
        for name in names.values {
            #expect(
                name.count <= 64 && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) })
        }
    }
}
