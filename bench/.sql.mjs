import Database from 'better-sqlite3';
const b = '/work/main/bench/program.ts';
const { makeSafe, openAgent, WANTED, fill } = await import(b);
const safe = await makeSafe(Number(process.argv[2] ?? 12));
const door = await openAgent(safe.places, {kind:'token', text: safe.token}, 'cli');
const call = { tool: 'get_item', arguments: WANTED, client: { name: 'bench', version: '0' } };
for (let i=0;i<Number(process.argv[3]??100);i++) await door.call(call);
const db = new Database(':memory:'); const S = db.prepare('select 1').constructor.prototype; const D = Object.getPrototypeOf(db);
const stats = new Map(); let on=true;
for (const m of ['all','get','run']) { const f=S[m]; S[m]=function(...a){const t=performance.now(); try {return f.apply(this,a)} finally {const k=m+' '+this.source; const e=stats.get(k)??[0,0]; e[0]++; e[1]+=performance.now()-t; stats.set(k,e);}}; }
{ const f=D.exec; D.exec=function(q){const t=performance.now(); try {return f.call(this,q)} finally {const k='exec '+q; const e=stats.get(k)??[0,0]; e[0]++; e[1]+=performance.now()-t; stats.set(k,e);}}; }
const N=1000; const ts=[];
for (let i=0;i<N;i++){const a=performance.now(); const r=await door.call(call); if(!r.ok) throw r; ts.push(performance.now()-a);}
console.log('median', ts.sort((a,b)=>a-b)[N/2|0], 'p10', ts[N/10|0]);
let sum=0; [...stats].sort((a,b)=>b[1][1]-a[1][1]).forEach(([k,[n,v]])=>{sum+=v; console.log((v/N).toFixed(4)+' ms', (n/N).toFixed(1)+'x', k.replace(/\s+/g,' ').slice(0,170));});
console.log('sql total', sum/N);
await door.close(); await safe.close();
