import EventLoop
import Processes
import TestSupport
import Testing

/// Checks the stand-in with the client that OpenAI publishes: what that client accepts, and the failures it raises,
/// match the real API.
@Suite("The official openai client against the loopback server", .timeLimit(.minutes(1)))
struct OfficialClientTests {
    @Test("streams, failures and models are as the official client expects them")
    func officialClient() async throws {
        let server = try await LoopbackModelServer.started(apiKey: "right", contextLimit: 2000)
        let result = try await PythonClients.models.run(["-c", Self.script, server.baseURL])
        await server.stop()
        expectEqual(result.status, .exited(0), "\(result.errorText)")
        expectEqual(result.text, "all passed\n")
    }

    private static let script = #"""
        import sys
        import openai
        from openai import OpenAI

        client = OpenAI(base_url=sys.argv[1], api_key="right", max_retries=0, timeout=20)
        hello = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]

        def stream(model, **more):
            text, finish, usage, reasoning, tools = "", None, None, "", []
            for chunk in client.chat.completions.create(
                    model=model, messages=hello, stream=True, stream_options={"include_usage": True}, **more):
                assert chunk.object == "chat.completion.chunk" and chunk.id.startswith("chatcmpl-"), chunk
                if chunk.usage:
                    usage = chunk.usage
                for choice in chunk.choices:
                    text += choice.delta.content or ""
                    reasoning += getattr(choice.delta, "reasoning_content", None) or ""
                    tools += choice.delta.tool_calls or []
                    finish = choice.finish_reason or finish
            return text, finish, usage, reasoning, tools

        def raises(kind, call):
            try:
                call()
            except kind as error:
                return error
            raise AssertionError(f"{kind} was not raised")

        text, finish, usage, _, _ = stream("instant")
        assert (text, finish) == ("This is an instant answer.", "stop"), (text, finish)
        assert usage.prompt_tokens > 5 and usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
        assert stream("echo")[0] == "You said: Hello"
        assert stream("length")[1] == "length"
        assert stream("filter")[1] == "content_filter"
        assert stream("no-usage")[2] is None
        assert stream("no-done")[1] == "stop"
        assert stream("reasoning")[3] == "Let me think. "
        assert len(stream("huge")[0]) == 1 << 20
        _, finish, _, _, tools = stream("tool")
        assert finish == "tool_calls" and tools[0].id and tools[0].function.name == "get_weather"
        assert "".join(t.function.arguments for t in tools) == '{"place":"Vienna"}'

        whole = client.chat.completions.create(model="echo", messages=hello)
        assert whole.choices[0].message.content == "You said: Hello" and whole.usage.total_tokens > 0
        called = client.chat.completions.create(model="tool", messages=hello).choices[0].message
        assert called.tool_calls[0].function.arguments == '{"place":"Vienna"}' and called.content is None
        parts = [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]
        assert client.chat.completions.create(model="echo", messages=parts).choices[0].message.content == "You said: ab"

        names = [model.id for model in client.models.list()]
        assert "instant" in names and client.models.retrieve("instant").id == "instant"
        raises(openai.NotFoundError, lambda: client.models.retrieve("nobody"))

        wrong = OpenAI(base_url=sys.argv[1], api_key="wrong", max_retries=0)
        assert raises(openai.AuthenticationError, lambda: wrong.models.list()).code == "invalid_api_key"
        assert raises(openai.NotFoundError, lambda: stream("nobody")).code == "model_not_found"
        limited = raises(openai.RateLimitError, lambda: stream("429"))
        assert limited.code == "rate_limit_exceeded" and limited.response.headers["retry-after"] == "1"
        assert raises(openai.RateLimitError, lambda: stream("429-quota")).code == "insufficient_quota"
        assert raises(openai.InternalServerError, lambda: stream("500")).request_id.startswith("req_")
        raises(openai.APIError, lambda: stream("error-in-stream"))
        raises(Exception, lambda: stream("drop"))
        raises(Exception, lambda: stream("rubbish"))
        quick = client.with_options(timeout=0.3)
        raises(openai.APITimeoutError, lambda: quick.chat.completions.create(model="silence", messages=hello, stream=True))

        def bad(expected, parameter=None, **body):
            error = raises(openai.BadRequestError, lambda: client.chat.completions.create(
                **{"model": "instant", "messages": hello, **body}))
            assert expected in str(error) and error.param == parameter, error

        bad("Invalid value: 'robot'", "messages[0].role", messages=[{"role": "robot", "content": "x"}])
        bad("empty array", "messages", messages=[])
        bad("expected a string, got null", "messages[0].content", messages=[{"role": "user", "content": None}])
        bad("tool_call_id", "messages[0].tool_call_id", messages=[{"role": "tool", "content": "x"}])
        bad("only allowed when 'stream' is enabled", "stream_options", stream_options={"include_usage": True})
        bad("Unrecognized request argument", "colour", extra_body={"colour": "red"})
        bad("below minimum value", "max_tokens", max_tokens=0)
        bad("out of range", "temperature", temperature=3.0)
        bad("maximum context length is 2000 tokens", "messages",
            messages=[{"role": "user", "content": "some words " * 3000}])
        bad("you must provide a model", model="")
        print("all passed")
        """#
}
