import sys; sys.argv=['x','4471']
src=open('/tmp/gwalk/odd.py').read().split("go('plain'")[0]; exec(src)
B=b'{"model":"disperse/assistant","messages":[{"role":"user","content":"hi tokens=2"}]}'
ch=lambda b,t=b'': b'%x\r\n'%len(b)+b+b'\r\n0\r\n'+t+b'\r\n'
H=b'transfer-encoding: chunked\r\n'
go('trailers',req(b'',h=H,cl=False)+ch(B,b'x-foo: bar\r\n'))
r=go('trailers then pipelined',req(b'',h=H,cl=False)+ch(B,b'x-foo: bar\r\n')+b'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'); print(r.count('HTTP/1.1 200'))
r=go('3 pipelined',req(B)*3); print(r.count('HTTP/1.1 200'))
go('expect chunked',req(b'',h=H+b'expect: 100-continue\r\n',cl=False),ch(B))
go('chunk size huge',req(b'',h=H,cl=False)+b'ffffffffffffffff\r\n')
go('chunk neg',req(b'',h=H,cl=False)+b'-1\r\n')
go('chunk bare lf',req(b'',h=H,cl=False)+b'5\nhello\n0\n\n')
go('chunk ext long',req(b'',h=H,cl=False)+b'5;'+b'a'*70000+b'\r\nhello\r\n0\r\n\r\n')
go('trailer flood',req(b'',h=H,cl=False)+b'%x\r\n'%len(B)+B+b'\r\n0\r\n'+b'x: y\r\n'*20000+b'\r\n')
go('te in 1.0',req(b'',line=b'POST /v1/chat/completions HTTP/1.0',h=H,cl=False)+ch(B))
go('cl with spaces',req(b'',h=b'content-length: 5 5\r\n',cl=False))
go('tab te',req(b'',h=b'transfer-encoding:\tchunked\r\n',cl=False)+ch(B))
go('byte by byte',*[bytes([c]) for c in req(B)],delay=0.0005)
go('lowercase method',req(B,line=b'post /v1/chat/completions HTTP/1.1'))
go('http/1.2',req(B,line=b'POST /v1/chat/completions HTTP/1.2'))
go('http/2.0',req(B,line=b'POST /v1/chat/completions HTTP/2.0'))
