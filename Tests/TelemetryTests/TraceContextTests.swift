import Telemetry
import TestSupport
import Testing

struct TraceContextTests {
    @Test("The examples of W3C Trace Context are read and written")
    func examples() throws {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let context = try #require(TraceContext(traceparent: text))
        expectEqual(context.traceparent, text)
        expectEqual(context.traceID, "0af7651916cd43dd8448eb211c80319c")
        let later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-what-the-future-says"
        expectEqual(
            TraceContext(traceparent: later)?.traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
    }

    @Test(
        "What the standard calls invalid is no context",
        arguments: [
            "", "00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333+-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
        ])
    func invalid(_ text: String) {
        expectEqual(TraceContext(traceparent: text), nil)
    }
}
