import Primitives
import TestSupport
import Testing

@testable import Extensions

@Suite struct ServerMaskTests {
    @Test func secretsAreHiddenAndTheAddressOfAServiceStays() {
        let mask = ServerMask(
            .program(
                ["jira"],
                variables: [
                    "JIRA_URL": Secret("https://jira.example.org"), "JIRA_API_TOKEN": Secret("tok-12345678"),
                    "SERVICE_TOKEN": Secret("https://token.example.org"),
                    "HOOK": Secret("https://hooks.example.org/T1/B2/abcdef"),
                    "DATABASE": Secret("https://ada:password1@db.example.org"),
                ]))
        expectEqual(
            mask.text("see https://jira.example.org/browse/ABC-1"), "see https://jira.example.org/browse/ABC-1")
        for secret in [
            "tok-12345678", "https://token.example.org", "https://hooks.example.org/T1/B2/abcdef",
            "https://ada:password1@db.example.org",
        ] { #expect(!mask.text("it is \(secret).").contains(secret), "\(secret)") }
    }
}
