import Chat
import Testing

@Suite("Counts that are worked out once")
struct LazyCountTests {
    @Test("a count is computed when it is first needed, and not at all when it is known")
    func isComputedOnce() {
        let unknown = LazyCount()
        #expect(unknown.value { 0 } == 0)
        #expect(unknown.value { 1 } == 0)
        let known = LazyCount(7)
        #expect(known.value { 1 } == 7)
    }
}
