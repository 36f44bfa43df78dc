// The 2,000 most frequent English words of four letters or more, by rank: whole-word tokens of the built-in tokenizer.

/** Ranked by their frequency in public-domain books and software documentation. The order fixes token ids: append only. */
export const COMMON_WORDS: readonly string[] = `
that with from which this will when their than file they more same other first used option those into have them
upon these only another made were through also very white blue there value between line default like after being
about where some command without then such syntax most distance would must before yellow much second make
therefore name reflected less violet appear your number refracted window green equal text little found several
part buffer using match files parts both mode list refrangible what function shall characters third example least
string side greater options following each lines above middle three highlighting want available could current
pattern might half dark does start every should time great been together many order towards manner fall character
over directory type become last because different commands placed either version black true refracting rest means
within reason pass argument farther cannot always error times thickness variable compiled items code work parallel
still beam here item next small change empty well path values return group distances given instead need hole sorts
object thin again script cursor appeared incident whose highlight names round orange ought ones space easy
included case while mean form region full defined whole breadth according length works flag place changed
sometimes done find until various help long reset edges faint makes setting became others terminal color back
request four right support thence sensible easily since cause tokens unless prefill local read contrary otherwise
common output transparent illuminated even thereby cast fifth taken language possible take matches result sort
transmitted package reflect method uses inside menu intermediate distinct arguments below source define till thus
false perpendicular global requests propagated expression specified original search whether useful keep come
include consequence worker highlighted almost never nothing certain open removed numbers appears seen information
down things types homogeneal compounded held single client passed observed greatest indigo copiously move sides
separated passing returns message decode errors await compound represent special colors console mapping described
former added good call contained build data under mixture library memory model else screen just broad arise solid
against strongly spaces luminous coloured center beyond load alone contains written grow patterns prefix size
specific displayed groups matching cache follows runs unusual distant obliquely format test ignored install bright
versions block supported measured effect look smaller rarer fell proportion generated five though instance caused
user body making difference produced self successively metrics windows keys check needs called away nearly node
process fourth contain display afterwards none program something degrees depends once large system specify
manifest point ends whiteness convex suppose reflecting seems changes events token better happens ground height
often tried differ turned quantity totally becomes hard zero keyword uniform stream nearer oblong purple comes
places going give comment meet already know lower flags mouse response starts variables tags automatically best
drawn kind avoid inclined distinctly broader said near config docs eight bottom faster directly behind dense
module encoding strings position continue cross event tests undici composed general mixed natural reasons blocks
left able follow chunk bigger opposite whilst seem running fold edit immediately begin expanded longer takes
strong column sync input enough scarce concave workers usage known weight usual optional word editing comments
server present sixth acid larger show allowed deep router array visible cases allow slow depend deepest emerge
opake whereby refract oblique dilated simple functions standard clear stop increased streams active edge free
normal null messages recognized engine gateway headers settings writing exists direct translated points consider
required shell completion write represented denser relative limit mixing starting sampled copy produce thing
adding viewing passes measure touch state scripts popup features unknown plain flow short including density tinged
stronger multiple performance supports paths enabled rather step itself plane themselves allows cost entry
environment tsconfig width custom keywords details filetype falls lose confused break defaults typed queue timeout
extra const port necessary intercepted outmost converge accordingly regular tree tokenizer parsing executed
created main turn increase suffer perhaps contiguous understood closed index page comma register binary desired
force properties fully supposed proper soon beams paint thereof dilute lucid exhibit except double action enable
includes count buffers backslash loaded font internal divided differently looks sets goes changing exactly emit
autocommand context users chat shown hash fixed falling limits moved total later hundred circular having matched
table compatibility prompt based feature runtime remain lets sufficiently degree bent usually considered real
cluster range power separate proportional compose selection loop needed parse status languages sequence behavior
spread ways probably field instructions results disable dependencies seed level header random link difficult
backwards lost rare seemed pellucid arises pale requisite doth intense thicknesses viewed thick outside applies
project autocommands words actually folding select provided shadow higher split misses info routing branch
modeline core checks switch glob resolve vanish hence apart went content hand containing fast compared especially
backslashes contents section picomatch specifies boolean menus report maximum previous indent mappings consists
create description pretty began spherical darker quarter passage exhibited whence continually rate perfect equally
seven replaced insert prompts xterm sure extension currently missing pool metric cycles upper restored causes
moving answer methods examples configuration entries automatic parser recommended formatter partly working square
remove handling arithmetical fluid eighth hath shew copious laid emergent constitute close args objects additional
implementation exist pages parameter scheme ratio directories perfectly alike explain draw inserted remains
normally swap existing named document detect fetch bytes systems folds provides gradually tenth volatile slowly
acts returned external kept along really constant collect turning budget skip import schema background startup
evaluated parsed execute diff constantly excited arising continual wholly divers nine obliquity refractive heat
readily shining although tell offset delete conversion nested statements rollback repo control detection codes
upstream backup shared style rules columns converted filled repeated proved complete property lengths respectively
respect grey plus class throughput native defines modes lists checking undo compatible alias older terminals
sufficient emerged transmit foregoing emerging naked poured inclining formed innermost coming brightest severally
bigness succeed require determine sizes byte plugin tabs anything exact extensions reference detected redrawing
parameters batch deps fields browsers handler holds during causing happen noted requires gives render explained
pressing accurately interior reading searching problems prefer replay throw overhead valid classes adds speed
wrong similar doing turns stick published mock cold shews variously twelve lively unequal painted sideways
perpetually exterior alternately encompassing followed pairs around frontend nodes release rows labels typing
continues alternate succeeded corrected mutual rule apply generate whatever neither reach whereas continued
latency stored replicas proxy label date legacy chapter protocol vimrc cores edited absolute emitted leave ordered
void obscure besides meaning expected please remaining trying quick warning accepts excluded equivalent jump
fallback defining checked letters consequently thicker varied considering slender reflects central diameter
progression elastick strike dissolved attractive lying rectilinear aperture gross grew escape differences send
matter applied enter interfere spell family shows minimum abort embedded modules disabled operator serialized
formatting rejected whenever immediate arrive resolved steps gets twice extend hold terminated latter taking
wherein fire nature letting increasing truly took quotes regions mostly letter priority endpoint fails regex
deprecated callback history target attributes spec elements pointer bound resulting handle putting measuring
varying pieces diverge precise attribute comparison moves positions distinguish shorter discern reciprocally
evident hitherto difficultly argue concentrick carried illuminate conclude shine sulphureous suffered seventh
counts models jiti preferred opts trace capacity commas concurrency wrapped registry uncached plugins channel
built override minimal pods pino sock parent blog slower past consist progress convenient differing upwards
omitted correct depending actual hidden emits primary approach came subcommands explicitly conditions subcommand
manually migration connection listed canary echo threshold exports across encoded setup machine quote executable
convert avoids tells affinity entire proceed seeing heterogeneous knew amount bare stays limited note variation
undefined fork compile operation keyboard packages installed aliases failure mapped idle replace started mark
title tools async scroll simulator searched trailing related mentioned stops care ever irregularly presently
weaker prismatick colorific farthest ninth conceive diminished bending exceeding densest burning heated arose
fainter attracted disposed greenish agitated brighter explaining ascend polished cease endued bend manifestly
uniformly shape late warm float think receive motion particularly decrease appearance looked scrolling assembly
share algorithm expressions major wish compare accepted endif notice fonts definitions future child processing
loading fail weights displaying retry browser treated keeps experimental fine accurate broken received opened
properly pair longest restore unchanged increases disposition understand accounted producing narrower soft blank
correctly chunks recognize encode invalid auto front generator histogram encodings signal modified wrap calls
saved public policy opening colored leading traffic streaming bigint references backend lowercase benchmark exit
attention brackets buckets accept documentation button toolbar redaction socket syncing dash reduced drop looking
ordinary derived wide enables pure beginning repeat flat decay question aforesaid lasting brought wherewith
diverging whereof contracted occult outwards excepting tinge inequality insensible permanent grinding holes
violent innumerable suffice vulgar brisk supposing encompassed grown gather recede diluted application libraries
designed counter completely everything vertical decimal access deleted decoded further thread provide hono people
particular chosen declared affect remote drops rise vary begins truth inverted considerable originally image
testing horizontal spot answers impossible yield whitespace alternative median unit structure skipped sign seconds
transfer says silently constructor selected combined template inline definition braces continuation guide
combination applications specification scale filter appended append unique matters folder triggered loss situation
sees describe concerning examine agree plainly sooner velocity sorted room expect complicated commit copied finds
precede dead counted moment ready covered satisfied speak proves manager role implemented sidecar conceal coloring
concealed goodput kysely thresholds newer linear integers statement trigger dependency reads tool hashes export
location decision commander programs indenting issue sample vllm preprocessor problem icons assumed returning
generally among component collected shewn blown successive polishing hereafter tenacious tinging penetrate excite
watry distinguished imperfect twenty subduplicate trajected posture rarified attracting infinitely grosser verging
disturb ambient regularly namely sublimate abound understanding cohere backside parted alteration shone conceived
answering perceive thereabouts laying endeavour vibrating outward vivid handled sent newly series live interval
duration view extended fresh erroneous weak smooth thousand disappear adjacent probable analysis internally wheel
bench projects executes overrides char synchronous trpc exception complex separators literal configurations tries
partial discovery indicates mocker wait disaggregation static keymap finish incl creating configs timing restart
marks kinds perform exceed determines burst drawing comparing wants nearest negative forward addition print
preserve forms save advantage advanced treat bounded applying largest downwards meeting circumstances straight
decreased augmented perceived variety divide prove strongest removing completions overrule anyway processes
effective distributed milliseconds ignore specifying samples disk parentheses base however usable sticky semantics
schedule debugging reported addon yourself optionally creates interface mismatch responses icon dropped robin prog
triggers consecutive early levels scaling basic waiting resources alist root fits noise serve pressed improved
continuing explains origin determined high serving promise entered heap fill stand carry agitate ariseth melted
tasteless stagnating halfs wrought observing attract intercept concavity electrick heterogeneal absolutely globule
fermentation principal faintly conspicuous discovered mingled unite dividing suspected soever interjacent vanishes
swifter shines quarters expressed receding reddish intercepting dissolvable circumference denote saline convene
bear utmost stir trembling inward arrived considerably contrived argues impinge exceedingly reflexion violence
intensely cutting shewed dissolves dirty determining magnify illegal reverse selecting colon deterministic caching
choice issues fraction concurrent balloon excluding layer chunked traces sources sends failed filename serializer
execa password uppercase globally depth layout affected likely etcd username virtual replica digits figure pizza
links fastify gates fortran weighted minor tokenizers foreground approximate health separator medium interpreted
resolution params suite symbols home prevent official stable breaker explicit corresponding production nice obtain
intended simplest somewhere retain stopping grows tend agrees piece sensibly represents modify suppress score
assign instances final associated rank equality quickly obtained lowest told observe gave printed highest possibly
calling vitest ranges statusline java disables configured copies sequences folded failures wrapping cheese slashes
stack route previously disaggregated hexadecimal exported scheduling timestamp dispatcher chars autocmd claim
latest imports shift updated generic maps operations proc rollout notation indicate accuracy decoding validation
decide wildcards handles separately stderr computed session implement behave converter harness behaviour endpoints
snapshot chart builtin minus operators bash baseline gate unset light design thrown preceded separates leaving
fewer apparent sudden separation altogether appearing thought extent joined growing task reached critical breaks
`
  .trim()
  .split(/\s+/);
