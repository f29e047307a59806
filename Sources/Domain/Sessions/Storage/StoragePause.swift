/// The wait before what storage has refused is tried again: longer each time, up to ten seconds.
struct StoragePause {
    private var next = Duration.milliseconds(200)

    mutating func wait() async {
        let pause = self.next
        self.next = min(pause * 2, .seconds(10))
        // Not cut short by cancellation: what has to be stored has to be stored at a stop, too.
        await Task<Void, Never> { try? await Task.sleep(for: pause) }.value
    }
}
