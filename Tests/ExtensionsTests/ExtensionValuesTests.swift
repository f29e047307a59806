import Extensions
import Testing

@Suite struct ExtensionValuesTests {
    @Test func aFailureReadsAsItsText() {
        #expect("\(ExtensionFailure(.down, "jira did not start: no such file"))" == "jira did not start: no such file")
    }
}
