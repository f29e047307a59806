/// The wait before a failed write is retried: longer each time, up to ten seconds.
struct StoragePause {
    private var next = Duration.milliseconds(200)

    mutating func wait() async {
        let pause = self.next
        self.next = min(pause * 2, .seconds(10))
        // Not shortened by cancellation: these writes must succeed even during a shutdown.
        await Task<Void, Never> { try? await Task.sleep(for: pause) }.value
    }
}
